package powershell

import (
	"math"
	"time"
)

// dateMethod is the table of DateTime's methods.
func (in *Interp) dateMethod(t time.Time, key string, args []any) (any, bool, error) {
	units := map[string]time.Duration{"adddays": 24 * time.Hour, "addhours": time.Hour, "addminutes": time.Minute, "addseconds": time.Second, "addmilliseconds": time.Millisecond, "addticks": 100}
	if unit, ok := units[key]; ok {
		if len(args) != 1 {
			return nil, true, overload(key, len(args))
		}
		n, err := in.numeric(args[0])
		if err != nil {
			return nil, true, err
		}
		d := n.float64() * float64(unit)
		if math.Abs(d) > math.MaxInt64/2 {
			return nil, true, thrown(key, 1, "ArgumentOutOfRangeException", "Value to add was out of range.\r\nParameter name: value")
		}
		return t.Add(time.Duration(d)), true, nil
	}
	switch key {
	case "addmonths", "addyears":
		if len(args) != 1 {
			return nil, true, overload(key, len(args))
		}
		n, err := in.intArg(args, 0)
		if err != nil {
			return nil, true, err
		}
		if key == "addyears" {
			n *= 12
		}
		if n > 120000 || n < -120000 {
			return nil, true, thrown(key, 1, "ArgumentOutOfRangeException", "Months value must be between +/-120000.\r\nParameter name: months")
		}
		y, m, d := t.Date()
		last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, t.Location()).Day()
		return time.Date(y, m+time.Month(n), min(d, last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location()), true, nil
	case "add", "subtract":
		if len(args) != 1 {
			return nil, true, overload(key, len(args))
		}
		op := "+"
		if key == "subtract" {
			op = "-"
		}
		v, done, err := in.dateArithmetic(op, t, args[0])
		if !done {
			err = overload(key, 1)
		}
		return v, true, err
	case "touniversaltime":
		return t.UTC(), true, nil
	case "tolocaltime":
		if t.Location() == unspecified {
			t = wall(t)
		}
		return t.In(in.opts.Zone), true, nil
	case "toshortdatestring":
		return formatDate(t, "d"), true, nil
	case "toshorttimestring":
		return formatDate(t, "t"), true, nil
	case "tolongdatestring":
		return formatDate(t, "D"), true, nil
	case "tolongtimestring":
		return formatDate(t, "T"), true, nil
	case "tofiletime", "tofiletimeutc":
		return t.UnixNano()/100 + 116444736000000000, true, nil
	}
	return nil, false, nil
}

func (in *Interp) spanMethod(d time.Duration, key string, args []any) (any, bool, error) {
	switch key {
	case "add", "subtract":
		if len(args) != 1 {
			return nil, true, overload(key, len(args))
		}
		v, err := in.convert(args[0], "System.TimeSpan")
		if err != nil {
			return nil, true, err
		}
		if key == "add" {
			return d + v.(time.Duration), true, nil
		}
		return d - v.(time.Duration), true, nil
	case "duration":
		return max(d, -d), true, nil
	case "negate":
		return -d, true, nil
	}
	return nil, false, nil
}
