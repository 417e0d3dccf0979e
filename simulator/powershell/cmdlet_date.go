package powershell

import (
	"fmt"
	"strings"
	"time"
)

func getDate(c *Call) error {
	t := c.in.now()
	if d, ok := c.Value("Date").(time.Time); ok {
		t = d
	}
	part := func(name string, now int) int { return c.Int(name, now) }
	if c.Has("Year") || c.Has("Month") || c.Has("Day") || c.Has("Hour") || c.Has("Minute") || c.Has("Second") || c.Has("Millisecond") {
		ms := t.Nanosecond()
		if c.Has("Millisecond") {
			ms = part("Millisecond", 0) * 1e6
		}
		t = time.Date(part("Year", t.Year()), time.Month(part("Month", int(t.Month()))), part("Day", t.Day()), part("Hour", t.Hour()), part("Minute", t.Minute()), part("Second", t.Second()), ms, t.Location())
	}
	switch {
	case c.Has("Format"):
		switch f := c.Text("Format"); strings.ToLower(f) {
		case "filedate":
			return c.Write(formatDate(t, "yyyyMMdd"))
		case "filedatetime":
			return c.Write(formatDate(t, "yyyyMMddTHHmmssffff"))
		case "filedateuniversal":
			return c.Write(formatDate(t.UTC(), "yyyyMMdd\\Z"))
		case "filedatetimeuniversal":
			return c.Write(formatDate(t.UTC(), "yyyyMMddTHHmmssffff\\Z"))
		default:
			return c.Write(formatDate(t, f))
		}
	case c.Has("UFormat"):
		s, err := unixFormat(t, c.Text("UFormat"))
		if err != nil {
			return err
		}
		return c.Write(s)
	}
	return c.Write(t)
}

var unixLetters = map[byte]string{'Y': "yyyy", 'y': "yy", 'm': "MM", 'd': "dd", 'H': "HH", 'I': "hh", 'M': "mm", 'S': "ss", 'p': "tt", 'A': "dddd", 'a': "ddd", 'B': "MMMM", 'b': "MMM", 'h': "MMM", 'R': "HH:mm", 'T': "HH:mm:ss", 'D': "MM/dd/yy", 'x': "MM/dd/yy", 'F': "yyyy-MM-dd", 'Z': "zz", 'r': "hh:mm:ss tt", 'c': "ddd dd MMM yyyy HH:mm:ss", 'e': "%d"}

func unixFormat(t time.Time, f string) (string, error) {
	var b strings.Builder
	f = strings.TrimPrefix(f, "+")
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 == len(f) {
			b.WriteByte(f[i])
			continue
		}
		i++
		switch l := f[i]; l {
		case '%':
			b.WriteByte('%')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 's': // 5.1 counts local seconds, with a fraction
			b.WriteString(doubleText(float64(wall(t).UnixMicro()) / 1e6))
		case 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case 'u':
			b.WriteString(toString((int(t.Weekday())+6)%7 + 1))
		default:
			letters, ok := unixLetters[l]
			if !ok {
				return "", unsupported("%" + string(l) + " in -UFormat")
			}
			b.WriteString(formatDate(t, letters))
		}
	}
	return b.String(), nil
}

func newTimeSpan(c *Call) error {
	if c.Has("Start") || c.Has("End") {
		start, end := c.in.now(), c.in.now()
		if t, ok := c.Value("Start").(time.Time); ok {
			start = t
		}
		if t, ok := c.Value("End").(time.Time); ok {
			end = t
		}
		return c.Write(wall(end).Sub(wall(start)))
	}
	return c.Write(time.Duration(c.Int("Days", 0)%100000)*24*time.Hour + time.Duration(c.Int("Hours", 0)%2400000)*time.Hour + time.Duration(c.Int("Minutes", 0))*time.Minute + time.Duration(c.Int("Seconds", 0))*time.Second)
}
