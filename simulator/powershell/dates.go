package powershell

import (
	"strconv"
	"strings"
	"time"
)

// formatDate is DateTime.ToString(format) in the cultures en-US and invariant,
// for the custom letters and the common single-letter formats.
func formatDate(t time.Time, format string) string {
	switch format {
	case "d":
		format = "M/d/yyyy"
	case "D":
		format = "dddd, MMMM d, yyyy"
	case "f":
		format = "dddd, MMMM d, yyyy h:mm tt"
	case "F":
		format = "dddd, MMMM d, yyyy h:mm:ss tt"
	case "g":
		format = "M/d/yyyy h:mm tt"
	case "G", "":
		format = "M/d/yyyy h:mm:ss tt"
	case "t":
		format = "h:mm tt"
	case "T":
		format = "h:mm:ss tt"
	case "m", "M":
		format = "MMMM d"
	case "y", "Y":
		format = "MMMM yyyy"
	case "s":
		format = "yyyy-MM-ddTHH:mm:ss"
	case "u":
		format = "yyyy-MM-dd HH:mm:ssZ"
	case "o", "O":
		format = "yyyy-MM-ddTHH:mm:ss.fffffffK"
	case "r", "R":
		t, format = t.UTC(), "ddd, dd MMM yyyy HH:mm:ss 'GMT'"
	}
	var b strings.Builder
	for i := 0; i < len(format); {
		c := format[i]
		n := 1
		for i+n < len(format) && format[i+n] == c {
			n++
		}
		switch c {
		case '\'', '"':
			end := strings.IndexByte(format[i+1:], c)
			if end < 0 {
				end = len(format) - i - 1
			}
			b.WriteString(format[i+1 : i+1+end])
			i += end + 2
			continue
		case '\\':
			if i+1 < len(format) {
				b.WriteByte(format[i+1])
			}
			i += 2
			continue
		case '%':
			i++
			continue
		}
		b.WriteString(datePart(t, c, n))
		i += n
	}
	return b.String()
}

func datePart(t time.Time, c byte, n int) string {
	digits := func(v int) string {
		s := strconv.Itoa(v)
		if len(s) < n {
			s = strings.Repeat("0", n-len(s)) + s
		}
		return s
	}
	switch c {
	case 'y':
		if n <= 2 {
			return digits(t.Year() % 100)
		}
		return digits(t.Year())
	case 'M':
		switch {
		case n == 3:
			return t.Format("Jan")
		case n > 3:
			return t.Format("January")
		}
		return digits(int(t.Month()))
	case 'd':
		switch {
		case n == 3:
			return t.Format("Mon")
		case n > 3:
			return t.Format("Monday")
		}
		return digits(t.Day())
	case 'H':
		return digits(t.Hour())
	case 'h':
		return digits((t.Hour()+11)%12 + 1)
	case 'm':
		return digits(t.Minute())
	case 's':
		return digits(t.Second())
	case 'f', 'F':
		ticks := strconv.Itoa(t.Nanosecond() / 100)
		ticks = strings.Repeat("0", 7-len(ticks)) + ticks
		ticks = ticks[:min(n, 7)]
		if c == 'F' {
			ticks = strings.TrimRight(ticks, "0")
		}
		return ticks
	case 't':
		if n == 1 {
			return t.Format("PM")[:1]
		}
		return t.Format("PM")
	case 'z':
		switch {
		case n == 1:
			return strings.Replace(strings.Replace(t.Format("-07"), "+0", "+", 1), "-0", "-", 1)
		case n == 2:
			return t.Format("-07")
		}
		return t.Format("-07:00")
	case 'K':
		switch t.Location() {
		case time.UTC:
			return "Z"
		case unspecified:
			return ""
		}
		return t.Format("-07:00")
	}
	return strings.Repeat(string(c), n)
}

// unspecified is the location of a DateTime of kind Unspecified.
var unspecified = time.FixedZone("", 0)

func dateKind(t time.Time) Enum {
	switch t.Location() {
	case unspecified:
		return Enum{"System.DateTimeKind", 0, "Unspecified"}
	case time.UTC:
		return Enum{"System.DateTimeKind", 1, "Utc"}
	}
	return Enum{"System.DateTimeKind", 2, "Local"}
}

// dateLayouts are those without a zone.
var dateLayouts = []string{
	"1/2/2006 3:04:05 PM", "1/2/2006 15:04:05", "1/2/2006 3:04 PM", "1/2/2006 15:04", "1/2/2006",
	"2006-01-02T15:04:05.9999999", "2006-01-02 15:04:05.9999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02", "2006/01/02", "20060102",
	"January 2, 2006 3:04:05 PM", "January 2, 2006", "Monday, January 2, 2006 3:04:05 PM", "Monday, January 2, 2006", "2 January 2006", "2 Jan 2006", "Jan 2, 2006",
}

var zonedLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.9999999Z0700", "2006-01-02 15:04:05Z07:00", time.RFC1123}

// parseDate reads a DateTime as [datetime] does. One with a zone becomes local.
func parseDate(s string, local *time.Location, now time.Time) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, l := range zonedLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.In(local), true
		}
	}
	for _, l := range dateLayouts {
		if t, err := time.ParseInLocation(l, s, unspecified); err == nil {
			return t, true
		}
	}
	for _, l := range []string{"15:04:05", "15:04", "3:04 PM", "3:04:05 PM"} {
		if t, err := time.Parse(l, s); err == nil {
			y, m, d := now.In(local).Date()
			return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, unspecified), true
		}
	}
	return time.Time{}, false
}

// parseSpan reads a TimeSpan: [-][d.]hh:mm[:ss[.fffffff]] or a number of days.
func parseSpan(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	sign := time.Duration(1)
	if strings.HasPrefix(s, "-") {
		sign, s = -1, s[1:]
	}
	parts := strings.Split(s, ":")
	var days, hours, minutes int
	var seconds float64
	var err error
	atoi := func(t string, limit int) int {
		n, e := strconv.Atoi(t)
		if e != nil || n < 0 || n > limit {
			err = strconv.ErrRange
		}
		return n
	}
	switch len(parts) {
	case 1:
		return sign * time.Duration(atoi(parts[0], 100000)) * 24 * time.Hour, err == nil
	case 2, 3:
		h := parts[0]
		if d, rest, ok := strings.Cut(h, "."); ok {
			days, h = atoi(d, 100000), rest
		}
		hours, minutes = atoi(h, 23), atoi(parts[1], 59)
		if len(parts) == 3 {
			var e error
			if seconds, e = strconv.ParseFloat(parts[2], 64); e != nil || seconds < 0 || seconds >= 60 {
				return 0, false
			}
		}
	default:
		return 0, false
	}
	if err != nil {
		return 0, false
	}
	return sign * (time.Duration(days)*24*time.Hour + time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds*1e7)*100), true
}
