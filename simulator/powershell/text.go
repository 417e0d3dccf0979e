package powershell

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// toString is a value in a string, by the invariant culture.
func toString(v any) string { return toText(v, " ", 8) }

func toText(v any, separator string, depth int) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	case Char:
		return string(rune(v))
	case int:
		return strconv.Itoa(v)
	case time.Time:
		return formatDate(v, "MM/dd/yyyy HH:mm:ss")
	case time.Duration:
		return spanText(v)
	case Enum:
		if v.Name == "" {
			return strconv.FormatInt(v.Value, 10)
		}
		return v.Name
	case Version:
		return v.String()
	case Type:
		return v.Name
	case *Object:
		return v.String()
	case *Block:
		return v.body.text
	case *ErrorRecord:
		return v.Message()
	case []any:
		if depth == 0 {
			return "System.Object[]"
		}
		parts := make([]string, len(v))
		for i, x := range v {
			if inner, nested := items(x); nested && inner != nil {
				parts[i] = typeName(x)
				continue
			}
			parts[i] = toText(x, separator, depth-1)
		}
		return strings.Join(parts, separator)
	case *List:
		return toText(v.Items, separator, depth)
	}
	if n, ok := toNumber(v); ok {
		if n.float {
			return doubleText(n.f)
		}
		if u, big := v.(uint64); big {
			return strconv.FormatUint(u, 10)
		}
		return strconv.FormatInt(n.i, 10)
	}
	return typeName(v)
}

// doubleText is Double.ToString() of .NET Framework: up to 15 digits.
func doubleText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	s := strconv.FormatFloat(f, 'E', 14, 64)
	mantissa, exponent, _ := strings.Cut(s, "E")
	e, _ := strconv.Atoi(exponent)
	if e < -5 || e >= 15 {
		if strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		sign := "+"
		if e < 0 {
			sign, e = "-", -e
		}
		digits := strconv.Itoa(e)
		if len(digits) < 2 {
			digits = "0" + digits
		}
		return mantissa + "E" + sign + digits
	}
	rounded, _ := strconv.ParseFloat(s, 64)
	out := strconv.FormatFloat(rounded, 'f', max(14-e, 0), 64)
	if strings.Contains(out, ".") {
		out = strings.TrimRight(strings.TrimRight(out, "0"), ".")
	}
	return out
}

// spanText is TimeSpan.ToString(): [-][d.]hh:mm:ss[.fffffff].
func spanText(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	if d < 0 { // the smallest one
		d = math.MaxInt64
	}
	s := pad2(int(d/time.Hour)%24) + ":" + pad2(int(d/time.Minute)%60) + ":" + pad2(int(d/time.Second)%60)
	if days := int(d / (24 * time.Hour)); days > 0 {
		s = strconv.Itoa(days) + "." + s
	}
	if ticks := int(d%time.Second) / 100; ticks > 0 {
		f := strconv.Itoa(ticks)
		s += "." + strings.Repeat("0", 7-len(f)) + f
	}
	return sign + s
}

func pad2(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// display is a value as people see it in tables and lists: by the culture en-US.
func display(v any) string {
	switch v := v.(type) {
	case time.Time:
		return formatDate(v, "M/d/yyyy h:mm:ss tt")
	case *Hash:
		return displayList(v.entries(), "Name")
	case []any:
		return displayList(v, "")
	case *List:
		return displayList(v.Items, "")
	}
	return toString(v)
}

// displayList is {a, b, c, d...}: $FormatEnumerationLimit is 4.
func displayList(list []any, property string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, x := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 4 {
			return b.String()[:b.Len()-2] + "...}"
		}
		if o, ok := x.(*Object); ok && property != "" {
			x = o.Get(property)
		}
		if _, nested := items(x); nested {
			b.WriteString(typeName(x))
			continue
		}
		if h, ok := x.(*Hash); ok {
			b.WriteString(typeName(h))
			continue
		}
		b.WriteString(display(x))
	}
	b.WriteByte('}')
	return b.String()
}
