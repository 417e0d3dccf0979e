package powershell

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf16"
)

// encoding is a System.Text.Encoding.
type encoding struct{ name string }

func (in *Interp) staticMissing(t Type, name string) error {
	return unsupported("The static member [" + t.Name + "]::" + name)
}

// staticValue reads a static property.
func (in *Interp) staticValue(t Type, name string) (any, error) {
	switch t.Name + "::" + lower(name) {
	case "System.Math::pi":
		return math.Pi, nil
	case "System.Math::e":
		return math.E, nil
	case "System.DateTime::now":
		return in.now(), nil
	case "System.DateTime::utcnow":
		return in.now().UTC(), nil
	case "System.DateTime::today":
		y, m, d := in.now().Date()
		return time.Date(y, m, d, 0, 0, 0, 0, in.opts.Zone), nil
	case "System.DateTime::minvalue":
		return time.Date(1, 1, 1, 0, 0, 0, 0, unspecified), nil
	case "System.DateTime::maxvalue":
		return time.Date(9999, 12, 31, 23, 59, 59, 999999900, unspecified), nil
	case "System.TimeSpan::zero":
		return time.Duration(0), nil
	case "System.Environment::machinename":
		return in.opts.ComputerName, nil
	case "System.Environment::username":
		return shortUser(in.opts.User), nil
	case "System.Environment::userdomainname":
		domain, _, _ := strings.Cut(in.opts.User, `\`)
		return domain, nil
	case "System.Environment::newline":
		return "\r\n", nil
	case "System.Environment::processorcount":
		if v := in.environment("number_of_processors"); v != nil {
			return in.convert(v, "System.Int32")
		}
		return 2, nil
	case "System.Environment::is64bitoperatingsystem", "System.Environment::is64bitprocess":
		return true, nil
	case "System.Environment::osversion":
		v := Version{10, 0, in.version().Build, 0}
		o := NewObject("System.OperatingSystem", "Platform", Enum{"System.PlatformID", 2, "Win32NT"}, "ServicePack", "", "Version", v, "VersionString", "Microsoft Windows NT "+v.String())
		o.Text = func() string { return "Microsoft Windows NT " + v.String() }
		return o, nil
	case "System.String::empty":
		return "", nil
	case "System.Guid::empty":
		return newGuid("00000000-0000-0000-0000-000000000000"), nil
	case "System.Text.Encoding::utf8", "System.Text.Encoding::unicode", "System.Text.Encoding::ascii", "System.Text.Encoding::default":
		return &encoding{lower(name)}, nil
	case "System.Double::nan":
		return math.NaN(), nil
	case "System.Double::maxvalue":
		return math.MaxFloat64, nil
	}
	if b, ok := bounds[t.Name]; ok {
		switch lower(name) {
		case "maxvalue":
			if t.Name == "System.Int64" {
				return int64(math.MaxInt64), nil
			}
			if t.Name == "System.UInt64" {
				return uint64(math.MaxUint64), nil
			}
			return toInteger(b[1], t.Name)
		case "minvalue":
			if t.Name == "System.Int64" {
				return int64(math.MinInt64), nil
			}
			return toInteger(b[0], t.Name)
		}
	}
	if values, ok := enumTypes[t.Name]; ok {
		for i, v := range values {
			if equalFold(v, name) {
				return Enum{t.Name, int64(i), v}, nil
			}
		}
	}
	return nil, in.staticMissing(t, name)
}

// enumTypes are enumerations whose members count from 0.
var enumTypes = map[string][]string{
	"System.DayOfWeek":        {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	"System.DateTimeKind":     {"Unspecified", "Utc", "Local"},
	"System.StringComparison": {"CurrentCulture", "CurrentCultureIgnoreCase", "InvariantCulture", "InvariantCultureIgnoreCase", "Ordinal", "OrdinalIgnoreCase"},
}

// staticCall calls a static method.
func (in *Interp) staticCall(t Type, name string, args []any) (any, error) {
	key := t.Name + "::" + lower(name)
	if t.Name == "System.Math" {
		return in.mathCall(t, name, args)
	}
	if lower(name) == "new" {
		return in.construct(t.Name, args)
	}
	first := ""
	if len(args) > 0 {
		first = toString(args[0])
	}
	need := func(n int) error {
		if len(args) < n {
			return overload(name, len(args))
		}
		return nil
	}
	switch key {
	case "System.String::isnullorempty":
		return first == "", need(1)
	case "System.String::isnullorwhitespace":
		return strings.TrimSpace(first) == "", need(1)
	case "System.String::join":
		if err := need(2); err != nil {
			return nil, err
		}
		list := asItems(args[1])
		if len(args) > 2 {
			list = args[1:]
		}
		s := toText(list, first, 8)
		return s, in.charge(len(s), nil)
	case "System.String::format":
		if err := need(1); err != nil {
			return nil, err
		}
		rest := args[1:]
		if len(rest) == 1 {
			rest = asAdded(rest[0])
		}
		s, err := formatOperator(first, rest)
		return s, in.charge(len(s), err)
	case "System.String::concat":
		s := ""
		for _, a := range args {
			s += toText(a, "", 8)
		}
		return s, in.charge(len(s), nil)
	case "System.String::compare":
		if err := need(2); err != nil {
			return nil, err
		}
		return compareText(first, toString(args[1]), len(args) < 3 || !truth(args[2])), nil
	case "System.String::equals":
		if err := need(2); err != nil {
			return nil, err
		}
		return equalText(first, toString(args[1]), len(args) < 3), nil
	case "System.Guid::newguid":
		return newRandomGuid(), nil
	case "System.Guid::parse":
		return in.convert(first, "System.Guid")
	case "System.Convert::tobase64string":
		if err := need(1); err != nil {
			return nil, err
		}
		b, err := in.bytes(args[0])
		if err != nil {
			return nil, err
		}
		return base64.StdEncoding.EncodeToString(b), in.charge(2*len(b), nil)
	case "System.Convert::frombase64string":
		b, err := base64.StdEncoding.DecodeString(first)
		if err != nil {
			return nil, thrown("FromBase64String", 1, "FormatException", "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. ")
		}
		return byteArray(b), in.charge(16*len(b), nil)
	case "System.Convert::toint32":
		return in.convert(collapse(args[:min(1, len(args))]), "System.Int32")
	case "System.Convert::toint64":
		return in.convert(collapse(args[:min(1, len(args))]), "System.Int64")
	case "System.Convert::tostring":
		return first, nil
	case "System.Convert::todouble":
		return in.convert(collapse(args[:min(1, len(args))]), "System.Double")
	case "System.DateTime::parse":
		return in.convert(first, "System.DateTime")
	case "System.DateTime::specifykind":
		if err := need(2); err != nil {
			return nil, err
		}
		v, err := in.convert(args[0], "System.DateTime")
		if err != nil {
			return nil, err
		}
		d := v.(time.Time)
		zone := map[string]*time.Location{"utc": time.UTC, "local": in.opts.Zone}[lower(toString(args[1]))]
		if zone == nil {
			zone = unspecified
		}
		return time.Date(d.Year(), d.Month(), d.Day(), d.Hour(), d.Minute(), d.Second(), d.Nanosecond(), zone), nil
	case "System.TimeSpan::fromseconds", "System.TimeSpan::fromminutes", "System.TimeSpan::fromhours", "System.TimeSpan::fromdays", "System.TimeSpan::frommilliseconds":
		if err := need(1); err != nil {
			return nil, err
		}
		n, err := in.numeric(args[0])
		if err != nil {
			return nil, err
		}
		unit := map[string]time.Duration{"seconds": time.Second, "minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour, "milliseconds": time.Millisecond}[lower(name)[4:]]
		d := n.float64() * float64(unit)
		if math.Abs(d) > math.MaxInt64/2 || math.IsNaN(d) {
			return nil, thrown(name, 1, "OverflowException", "TimeSpan overflowed because the duration is too long.")
		}
		return time.Duration(d), nil
	case "System.Management.Automation.ScriptBlock::create":
		return in.createBlock(first)
	case "System.Environment::getenvironmentvariable":
		return in.environment(lower(first)), nil
	case "System.Version::parse":
		return in.convert(first, "System.Version")
	case "System.Int32::parse":
		return in.convert(first, "System.Int32")
	case "System.Char::isdigit":
		return len(first) == 1 && isDigit(first[0]), nil
	case "System.Text.RegularExpressions.Regex::escape":
		return regexEscape(first), nil
	case "System.Text.RegularExpressions.Regex::replace":
		if err := need(3); err != nil {
			return nil, err
		}
		return in.replace(args[0], []any{args[1], args[2]}, true)
	case "System.Text.RegularExpressions.Regex::ismatch":
		if err := need(2); err != nil {
			return nil, err
		}
		return in.compare("match", args[0], args[1], true, false)
	case "System.Text.RegularExpressions.Regex::split":
		if err := need(2); err != nil {
			return nil, err
		}
		return in.split([]any{args[0]}, args[1], true)
	case "System.IO.Path::getfilename":
		return first[strings.LastIndexAny(first, `\/`)+1:], nil
	}
	return nil, in.staticMissing(t, name+"()")
}

func regexEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\*+?|{[()^$.# `, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func newRandomGuid() *Object {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return newGuid(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

func byteArray(b []byte) []any {
	out := make([]any, len(b))
	for i, c := range b {
		out[i] = c
	}
	return out
}

func (in *Interp) bytes(v any) ([]byte, error) {
	list := asItems(v)
	out := make([]byte, len(list))
	for i, x := range list {
		y, err := toInteger(x, "System.Byte")
		if err != nil {
			return nil, err
		}
		out[i] = y.(uint8)
	}
	return out, nil
}

// createBlock compiles text.
func (in *Interp) createBlock(text string) (any, error) {
	if len(text) > 1<<20 {
		return nil, unsupported("A script block of more than 1 MB")
	}
	if err := in.charge(4*len(text), nil); err != nil {
		return nil, err
	}
	body, err := parse(text)
	if err != nil {
		saved := in.src
		in.src = newSource(text)
		rec := in.parseRecord(err)
		in.src = saved
		return nil, rec
	}
	body.text = text
	return &Block{body: body, in: in.global, src: newSource(text)}, nil
}

func (in *Interp) mathCall(t Type, name string, args []any) (any, error) {
	if len(args) == 0 {
		return nil, overload(name, 0)
	}
	n := make([]number, len(args))
	for i, a := range args {
		var err error
		if n[i], err = in.numeric(a); err != nil {
			return nil, err
		}
	}
	x := n[0].float64()
	switch lower(name) {
	case "round":
		if len(n) > 1 && !n[1].float && n[1].i >= 0 && n[1].i <= 15 {
			p := math.Pow10(int(n[1].i))
			if math.Abs(x) > 1e15/p {
				return x, nil
			}
			return roundDigits(math.RoundToEven(roundDigits(x*p, 15))/p, 15), nil
		}
		return math.RoundToEven(x), nil
	case "floor":
		return math.Floor(x), nil
	case "ceiling":
		return math.Ceil(x), nil
	case "truncate":
		return math.Trunc(x), nil
	case "sqrt":
		return math.Sqrt(x), nil
	case "pow":
		if len(n) == 2 {
			return math.Pow(x, n[1].float64()), nil
		}
	case "log":
		if len(n) == 2 {
			return math.Log(x) / math.Log(n[1].float64()), nil
		}
		return math.Log(x), nil
	case "log10":
		return math.Log10(x), nil
	case "exp":
		return math.Exp(x), nil
	case "abs":
		if !n[0].float && n[0].i < 0 {
			return negate(n[0].value()), nil
		}
		if !n[0].float {
			return n[0].value(), nil
		}
		return math.Abs(x), nil
	case "sign":
		switch {
		case x > 0:
			return 1, nil
		case x < 0:
			return -1, nil
		}
		return 0, nil
	case "max", "min":
		if len(n) == 2 {
			y := n[1].float64()
			pick := n[0]
			if lower(name) == "max" && y > x || lower(name) == "min" && y < x {
				pick = n[1]
			}
			if n[0].float || n[1].float {
				return pick.float64(), nil
			}
			return pick.value(), nil
		}
	default:
		return nil, in.staticMissing(t, name+"()")
	}
	return nil, overload(name, len(args))
}

// encodingMethod is GetBytes and GetString.
func (in *Interp) encodingMethod(e *encoding, key string, args []any) (any, bool, error) {
	if len(args) != 1 {
		return nil, true, overload(key, len(args))
	}
	switch key {
	case "getbytes":
		s := toString(args[0])
		if err := in.charge(32*len(s), nil); err != nil {
			return nil, true, err
		}
		if e.name == "unicode" {
			var b []byte
			for _, u := range utf16.Encode([]rune(s)) {
				b = append(b, byte(u), byte(u>>8))
			}
			return byteArray(b), true, nil
		}
		return byteArray([]byte(s)), true, nil
	case "getstring":
		b, err := in.bytes(args[0])
		if err != nil {
			return nil, true, err
		}
		if e.name == "unicode" {
			u := make([]uint16, len(b)/2)
			for i := range u {
				u[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
			}
			return string(utf16.Decode(u)), true, nil
		}
		return strings.ToValidUTF8(string(b), "\ufffd"), true, nil
	case "getbytecount":
		return len(toString(args[0])), true, nil
	}
	return nil, false, nil
}

// construct is [type]::new(…) and New-Object.
func (in *Interp) construct(full string, args []any) (any, error) {
	switch {
	case full == "System.Management.Automation.PSObject" || full == CustomType || full == "System.Object":
		return &Object{Types: []string{CustomType, "System.Object"}}, nil
	case full == "System.Collections.Hashtable":
		return NewHash(), nil
	case full == "System.Collections.Specialized.OrderedDictionary":
		h := NewHash()
		h.Ordered = true
		return h, nil
	case full == "System.Collections.ArrayList" || strings.HasPrefix(full, "System.Collections.Generic.List`1"):
		return &List{Type: full}, nil
	case full == "System.DateTime" && len(args) >= 3 && len(args) <= 6:
		n := [6]int{}
		for i := range args {
			v, err := in.intArg(args, i)
			if err != nil {
				return nil, err
			}
			n[i] = v
		}
		if n[0] < 1 || n[0] > 9999 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31 {
			return nil, thrown(".ctor", len(args), "ArgumentOutOfRangeException", "Year, Month, and Day parameters describe an un-representable DateTime.")
		}
		return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, unspecified), nil
	case full == "System.TimeSpan" && (len(args) == 3 || len(args) == 4):
		if len(args) == 3 {
			args = append([]any{0}, args...)
		}
		var d time.Duration
		for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
			v, err := in.intArg(args, i)
			if err != nil {
				return nil, err
			}
			if v > 100000 || v < -100000 {
				return nil, unsupported("A TimeSpan of more than 270 years")
			}
			d += time.Duration(v) * unit
		}
		return d, nil
	case strings.HasSuffix(full, "Exception"):
		message := "Exception of type '" + full + "' was thrown."
		if len(args) > 0 {
			message = toString(args[0])
		}
		return newException(full, message), nil
	case full == "System.String" && len(args) == 2:
		n, err := in.intArg(args, 1)
		if err != nil || n < 0 {
			return nil, overload("String", 2)
		}
		if err := in.charge(n*4, nil); err != nil {
			return nil, err
		}
		return strings.Repeat(toString(args[0]), n), nil
	case (full == "System.Version" || full == "System.Guid" || full == "System.Text.RegularExpressions.Regex") && len(args) == 1:
		return in.convert(args[0], full)
	}
	return nil, unsupported("Creating an object of the type [" + full + "]")
}
