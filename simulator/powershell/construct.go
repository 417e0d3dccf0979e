package powershell

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

func newRandomGuid() *Object {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return newGuid(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
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
