package powershell

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// formatValue is v.ToString(format): numbers, dates, spans and enumerations.
func formatValue(v any, format string) (string, error) {
	if format == "" {
		return display(v), nil
	}
	switch v := v.(type) {
	case time.Time:
		return formatDate(v, format), nil
	case time.Duration:
		return formatSpan(v, format)
	case Enum:
		if strings.EqualFold(format, "d") {
			return strconv.FormatInt(v.Value, 10), nil
		}
		return toString(v), nil
	}
	n, ok := toNumber(v)
	if !ok {
		return toString(v), nil
	}
	return formatNumber(n, format)
}

// formatNumber is a number in a standard (N2, D3, X, P, F, C, G, E) or custom
// (0.00, #,##0) format of en-US.
func formatNumber(n number, format string) (string, error) {
	letter, digits := format[0], -1
	if c := letter | 0x20; c >= 'a' && c <= 'z' && len(format) <= 3 {
		if d, err := strconv.Atoi(format[1:]); len(format) == 1 || err == nil {
			if len(format) > 1 {
				digits = d
			}
			return standardNumber(n, letter, digits)
		}
	}
	return customNumber(n.float64(), format), nil
}

func standardNumber(n number, letter byte, digits int) (string, error) {
	def := func(d int) int {
		if digits < 0 {
			return d
		}
		return min(digits, 99)
	}
	bad := newError("System.FormatException", "FormatException", "NotSpecified", nil, "Format specifier was invalid.")
	switch letter | 0x20 {
	case 'n':
		return group(fixed(n, def(2))), nil
	case 'f':
		return fixed(n, def(2)), nil
	case 'c':
		s := group(fixed(n, def(2)))
		if strings.HasPrefix(s, "-") {
			return "($" + s[1:] + ")", nil
		}
		return "$" + s, nil
	case 'p':
		return group(fixed(number{f: n.float64() * 100, float: true}, def(2))) + " %", nil
	case 'd', 'x':
		if n.float {
			return "", bad
		}
		if letter|0x20 == 'd' {
			s := strconv.FormatInt(n.i, 10)
			sign := ""
			if s[0] == '-' {
				sign, s = "-", s[1:]
			}
			return sign + zeros(def(0)-len(s)) + s, nil
		}
		u := uint64(n.i)
		if !n.long && n.i < 0 {
			u = uint64(uint32(n.i))
		}
		s := strconv.FormatUint(u, 16)
		if letter == 'X' {
			s = strings.ToUpper(s)
		}
		return zeros(def(0)-len(s)) + s, nil
	case 'g':
		if digits <= 0 {
			return toString(n.value()), nil
		}
		return doubleText(roundDigits(n.float64(), digits)), nil
	case 'e':
		s := strconv.FormatFloat(n.float64(), 'e', def(6), 64)
		mantissa, exponent, _ := strings.Cut(s, "e")
		s = mantissa + string(letter) + exponent[:1] + zeros(3-len(exponent[1:])) + exponent[1:]
		return s, nil
	case 'r':
		return strconv.FormatFloat(n.float64(), 'g', -1, 64), nil
	}
	return "", bad
}

func zeros(n int) string { return strings.Repeat("0", max(n, 0)) }

func roundDigits(f float64, digits int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', min(digits, 17), 64), 64)
	if err != nil {
		return f
	}
	return r
}

// fixed rounds half away from zero, on the decimal digits, as .NET Framework does.
func fixed(n number, digits int) string {
	if !n.float {
		s := strconv.FormatInt(n.i, 10)
		if digits > 0 {
			s += "." + zeros(digits)
		}
		return s
	}
	f := n.f
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return doubleText(f)
	}
	if math.Abs(f) < 1e15 && digits < 15 {
		shown, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
		if err == nil {
			p := math.Pow10(digits)
			if scaled := math.Abs(shown) * p; scaled < 1e15 {
				whole := math.Floor(scaled + 0.5)
				shown = math.Copysign(whole/p, f)
			}
			f = shown
		}
	}
	s := strconv.FormatFloat(f, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

// group puts commas between thousands.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, rest, dot := strings.Cut(s, ".")
	if strings.IndexFunc(whole, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return sign + s
	}
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if dot {
		b.WriteString("." + rest)
	}
	return sign + b.String()
}

// customNumber is a format of 0, #, comma, point, percent and text.
func customNumber(f float64, format string) string {
	if parts := strings.Split(format, ";"); len(parts) > 1 {
		switch {
		case f < 0:
			f, format = -f, parts[1]
		case f == 0 && len(parts) > 2:
			format = parts[2]
		default:
			format = parts[0]
		}
	}
	first, last := strings.IndexAny(format, "0#"), strings.LastIndexAny(format, "0#")
	if first < 0 {
		return format
	}
	head, body, tail := format[:first], format[first:last+1], format[last+1:]
	if i := strings.IndexByte(format, '.'); i >= 0 && i < first {
		head, body = format[:i], format[i:last+1]
	}
	if strings.Contains(head+tail, "%") {
		f *= 100
	}
	whole, decimals, _ := strings.Cut(body, ".")
	wantMin := strings.Count(decimals, "0")
	s := fixed(number{f: f, float: true}, strings.Count(decimals, "0")+strings.Count(decimals, "#"))
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	w, d, _ := strings.Cut(s, ".")
	for len(d) > wantMin && strings.HasSuffix(d, "0") {
		d = d[:len(d)-1]
	}
	digits := strings.Count(whole, "0")
	w = zeros(digits-len(w)) + w
	if digits == 0 && w == "0" {
		w = ""
	}
	if strings.Contains(whole, ",") {
		w = group(w)
	}
	if d != "" {
		w += "." + d
	}
	return sign + unquoted(head) + w + unquoted(tail)
}

func unquoted(s string) string { return strings.NewReplacer("'", "", `"`, "", `\`, "").Replace(s) }

// formatSpan is TimeSpan.ToString(format): c, g, G and custom letters.
func formatSpan(d time.Duration, format string) (string, error) {
	switch format {
	case "c", "t", "T":
		return spanText(d), nil
	case "g", "G":
		return "", unsupported("The TimeSpan format '" + format + "'")
	}
	if d < 0 {
		d = -d
	}
	var b strings.Builder
	for i := 0; i < len(format); {
		c, n := format[i], 1
		for i+n < len(format) && format[i+n] == c {
			n++
		}
		v := -1
		switch c {
		case 'd':
			v = int(d / (24 * time.Hour))
		case 'h':
			v = int(d/time.Hour) % 24
		case 'm':
			v = int(d/time.Minute) % 60
		case 's':
			v = int(d/time.Second) % 60
		case 'f':
			ticks := strconv.Itoa(int(d%time.Second) / 100)
			b.WriteString((zeros(7-len(ticks)) + ticks)[:min(n, 7)])
			i += n
			continue
		case '\\':
			if i+1 < len(format) {
				b.WriteByte(format[i+1])
			}
			i += 2
			continue
		case '\'':
			end := strings.IndexByte(format[i+1:], '\'')
			if end < 0 {
				end = len(format) - i - 1
			}
			b.WriteString(format[i+1 : i+1+end])
			i += end + 2
			continue
		}
		if v < 0 {
			return "", newError("System.FormatException", "FormatException", "NotSpecified", nil, "Input string was not in a correct format.")
		}
		s := strconv.Itoa(v)
		b.WriteString(zeros(n-len(s)) + s)
		i += n
	}
	return b.String(), nil
}

// formatOperator is the operator -f.
func formatOperator(format string, args []any) (string, error) {
	bad := func(text string) error {
		return newError("System.Management.Automation.RuntimeException", "FormatError", "InvalidOperation", format, "Error formatting a string: %s", text)
	}
	var b strings.Builder
	for i := 0; i < len(format); {
		c := format[i]
		switch {
		case (c == '{' || c == '}') && i+1 < len(format) && format[i+1] == c:
			b.WriteByte(c)
			i += 2
		case c == '{':
			end := strings.IndexByte(format[i:], '}')
			if end < 0 {
				return "", bad("Input string was not in a correct format..")
			}
			item := format[i+1 : i+end]
			i += end + 1
			item, spec, _ := strings.Cut(item, ":")
			number, alignment, aligned := strings.Cut(item, ",")
			n, err := strconv.Atoi(strings.TrimSpace(number))
			if err != nil || n < 0 {
				return "", bad("Input string was not in a correct format..")
			}
			if n >= len(args) {
				return "", bad("Index (zero based) must be greater than or equal to zero and less than the size of the argument list..")
			}
			s, err := formatValue(args[n], spec)
			if err != nil {
				return "", bad(err.Error() + ".")
			}
			if _, isList := items(args[n]); isList {
				s = typeName(args[n])
			}
			if aligned {
				width, err := strconv.Atoi(strings.TrimSpace(alignment))
				if err != nil || width > 10000 || width < -10000 {
					return "", bad("Input string was not in a correct format..")
				}
				if pad := max(width, -width) - len([]rune(s)); pad > 0 {
					if width > 0 {
						s = strings.Repeat(" ", pad) + s
					} else {
						s += strings.Repeat(" ", pad)
					}
				}
			}
			b.WriteString(s)
		case c == '}':
			return "", bad("Input string was not in a correct format..")
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), nil
}
