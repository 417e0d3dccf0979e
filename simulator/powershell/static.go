package powershell

import (
	"encoding/base64"
	"math"
	"strings"
	"time"
)

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
	case "System.Array::indexof":
		if err := need(2); err != nil {
			return nil, err
		}
		return in.indexOf(asItems(args[0]), args[1]), nil
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
