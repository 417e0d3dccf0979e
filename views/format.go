package views

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// noData is what stands for an unknown value: a word, never 0 or a dash.
const noData = "no data"

// When is a point in time as it is written: the browser turns it into the
// reader's zone and keeps ages counting.
type When struct {
	ISO   string // RFC 3339, UTC; "" for no time at all
	Text  string // what stands there before the browser took over
	Title string // the whole date, for hovering
	Form  string // "age", "short", "clock" or "date": how the browser writes it
}

func when(at, now time.Time, form string) When {
	if at.IsZero() {
		return When{Text: "never"}
	}
	at = at.UTC()
	w := When{ISO: at.Format(time.RFC3339), Title: date(at), Form: form}
	switch form {
	case "clock":
		w.Text = at.Format("15:04:05") + " UTC"
	case "date":
		w.Text = date(at)
	case "short":
		w.Text = strings.TrimSuffix(age(at, now), " ago")
		if now.Sub(at) >= 24*time.Hour {
			w.Text = at.Format("2 Jan")
		}
	default:
		w.Text = age(at, now)
	}
	return w
}

// ago is an age that keeps counting: "4 min ago", a date after a day.
func ago(at, now time.Time) When { return when(at, now, "age") }

// Ago is ago, for those who fill in what pages show.
func Ago(at, now time.Time) When { return ago(at, now) }

// since is the same without "ago".
func since(at, now time.Time) When { return when(at, now, "short") }

// clock is a time of day with seconds, for lines of events.
func clock(at, now time.Time) When { return when(at, now, "clock") }

// onDate is a date with month as a word.
func onDate(at, now time.Time) When { return when(at, now, "date") }

func date(at time.Time) string { return at.UTC().Format("2 Jan 2006, 15:04:05") + " UTC" }

// age is relative and rounded down below 24 hours, a date beyond.
func age(at, now time.Time) string {
	d := now.Sub(at)
	switch {
	case d < -5*time.Second:
		return "in " + span(-d)
	case d < time.Second:
		return "just now"
	case d < 24*time.Hour:
		return span(d) + " ago"
	default:
		return at.UTC().Format("2 Jan 2006, 15:04") + " UTC"
	}
}

// span is a duration in its largest unit, rounded down: "40 s", "4 min", "3 h", "12 days".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	default:
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	}
}

// duration is exact to the second, for settings: "10 s", "4 min", "1 min 30 s", "250 ms".
func duration(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	var parts []string
	for _, u := range []struct {
		unit time.Duration
		word string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / u.unit; n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+" "+u.word)
			d -= n * u.unit
		}
	}
	return strings.Join(parts, " ")
}

// latency is in µs below 1 ms: "640 µs", "1.8 ms", "2.1 s".
func latency(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < time.Second:
		return figures(float64(d)/float64(time.Millisecond)) + " ms"
	default:
		return figures(d.Seconds()) + " s"
	}
}

// figures writes a number below 1000 with at most three figures that matter: 1.8, 18.4, 142.
func figures(v float64) string {
	digits := 0
	switch a := math.Abs(v); {
	case a < 9.995:
		digits = 2
	case a < 99.95:
		digits = 1
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func scaled(v, base float64, units []string) string {
	i := 0
	for math.Abs(v) >= base-base/2000 && i < len(units)-1 {
		v /= base
		i++
	}
	// Four figures keep a step between units readable: 1020 GiB.
	return figures(v) + " " + units[i]
}

// binary is for memory, pools and volumes: "142 TiB", "7.5 GiB".
func binary(bytes int64) string {
	return scaled(float64(bytes), 1024, []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"})
}

// decimal is for drives, as sold: "7.68 TB".
func decimal(bytes int64) string {
	return scaled(float64(bytes), 1000, []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"})
}

// bits is for networks: "18.4 Gbit/s".
func bits(perSecond int64) string {
	return scaled(float64(perSecond), 1000, []string{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"})
}

// rate is for operations per second: "412 k/s", "96 /s".
func rate(perSecond float64) string {
	switch {
	case perSecond >= 999_500:
		return figures(perSecond/1e6) + " M/s"
	case perSecond >= 999.5:
		return figures(perSecond/1e3) + " k/s"
	default:
		return strconv.Itoa(int(math.Round(perSecond))) + " /s"
	}
}

// percent has no decimals and no space, and never claims 100 or 0 for less.
func percent(v float64) string {
	switch {
	case v > 99.5 && v < 100:
		return "99%"
	case v > 0 && v < 0.5:
		return "1%"
	}
	return strconv.Itoa(int(math.Round(v))) + "%"
}

// count groups thousands: "1,284".
func count(n int) string {
	if n < 0 {
		return "-" + count(-n)
	}
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", count(n/1000), n%1000)
}

// plural is a counted noun: "1 node", "12 nodes", "2 policies".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many(one)
}

func many(one string) string {
	if strings.HasSuffix(one, "y") {
		return strings.TrimSuffix(one, "y") + "ies"
	}
	return one + "s"
}
