package powershell

import (
	"errors"
	"strings"
)

// field is a property as commands take it: a name, a pattern, a script block,
// or a hashtable with Name and Expression.
type field struct {
	name       string
	expression any // *Block or string
	wildcard   bool
	descending bool
	width      int
	align      string
	format     string
}

func (in *Interp) fields(v any) ([]field, error) {
	var out []field
	for _, x := range asItems(v) {
		switch x := x.(type) {
		case *Hash:
			f, err := hashField(x)
			if err != nil {
				return nil, err
			}
			out = append(out, f)
		case *Block:
			out = append(out, field{name: x.body.text, expression: x})
		default:
			s := toString(x)
			out = append(out, field{name: s, expression: s, wildcard: strings.ContainsAny(s, "*?[")})
		}
	}
	return out, nil
}

func hashField(h *Hash) (field, error) {
	var f field
	for _, k := range h.keys {
		v, _ := h.Get(k)
		key := lower(toString(k))
		is := func(full string) bool { return key != "" && strings.HasPrefix(full, key) }
		switch {
		case is("name"), is("label"):
			f.name = toString(v)
		case is("expression"):
			f.expression = v
			if _, ok := v.(*Block); !ok {
				f.expression = toString(v)
			}
		case is("width"):
			n, err := toInteger(v, "System.Int32")
			if err != nil {
				return f, err
			}
			f.width = min(max(n.(int), 0), 1000)
		case is("alignment"):
			f.align = lower(toString(v))
		case is("formatstring"):
			f.format = toString(v)
		case is("descending"):
			f.descending = truth(v)
		case is("ascending"):
			f.descending = !truth(v)
		default:
			return f, newError("System.NotSupportedException", "DictionaryKeyIllegal", "InvalidArgument", nil, "The %s key is not valid.", toString(k))
		}
	}
	if f.expression == nil {
		return f, newError("System.NotSupportedException", "DictionaryKeyMissing", "InvalidArgument", nil, "The key Expression is missing.")
	}
	if f.name == "" {
		if b, ok := f.expression.(*Block); ok {
			f.name = b.body.text
		} else {
			f.name = toString(f.expression)
		}
	}
	return f, nil
}

// value is the field of an object. Errors of a script block make it $null.
func (in *Interp) fieldValue(f field, v any) (any, error) {
	b, ok := f.expression.(*Block)
	if !ok {
		y, _, err := in.property(v, toString(f.expression))
		return y, err
	}
	depth := in.tryDepth
	in.tryDepth++ // what fails inside is not shown, the value is $null
	top, src, level := in.top, in.src, in.depth
	out, err := in.callWith(b, v)
	in.tryDepth = depth
	var f2 *failure
	if errors.As(err, &f2) {
		in.top, in.src, in.depth = top, src, level
		return nil, nil
	}
	return collapse(out), err
}
