package store

import "time"

const day = 24 * time.Hour

// Retention says how long things are kept.
type Retention struct {
	Raw         time.Duration // every sample; 10 days
	FiveMinutes time.Duration // 90 days
	Hour        time.Duration // 400 days
	Day         time.Duration // and past faults; 5 years
}

func (r Retention) withDefaults() Retention {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&r.Raw, 10*day)
	def(&r.FiveMinutes, 90*day)
	def(&r.Hour, 400*day)
	def(&r.Day, 5*365*day)
	return r
}
