package cluster

import "time"

// Diagnose says what is wrong with a cluster at the time now, worst first.
func Diagnose(p *Picture, now time.Time) []Fault { return nil }
