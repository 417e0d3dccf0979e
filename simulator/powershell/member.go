package powershell

import (
	"time"
)

func (in *Interp) memberName(x expr) (string, error) {
	v, err := in.expr(x)
	return toString(v), err
}

func (in *Interp) memberValue(x *memberExpr) (any, error) {
	v, err := in.expr(x.x)
	if err != nil {
		return nil, err
	}
	name, err := in.memberName(x.name)
	if err != nil {
		return nil, err
	}
	if x.static {
		t, ok := v.(Type)
		if !ok {
			return nil, unsupported("A static member of a value")
		}
		return in.staticValue(t, name)
	}
	y, _, err := in.property(v, name)
	return y, err
}

// property reads a member of a value. Lists without such a member are asked
// element by element. What does not exist is $null.
func (in *Interp) property(v any, name string) (value any, found bool, err error) {
	key := lower(name)
	switch key {
	case "psobject":
		if v != nil {
			return in.psObject(v), true, nil
		}
	case "count", "length":
		if n, ok := size(v, key); ok {
			return n, true, nil
		}
	}
	switch x := v.(type) {
	case nil:
		return nil, false, nil
	case *Object:
		if p := x.Property(name); p != nil {
			return p.value(), true, nil
		}
	case *Hash:
		if y, ok := x.Get(name); ok {
			return y, true, nil
		}
		switch key {
		case "keys":
			return append([]any{}, x.keys...), true, nil
		case "values":
			return x.Values(), true, nil
		}
	case string:
	case time.Time:
		return dateProperty(x, key)
	case time.Duration:
		return spanProperty(x, key)
	case Enum:
		if key == "value__" {
			return int(x.Value), true, nil
		}
	case Version:
		if n, ok := map[string]int{"major": x.Major, "minor": x.Minor, "build": x.Build, "revision": x.Revision}[key]; ok {
			return n, true, nil
		}
	case Type:
		switch key {
		case "name":
			return shortType(x.Name), true, nil
		case "fullname":
			return x.Name, true, nil
		}
	case *ErrorRecord:
		return errorProperty(x, key)
	case *Block:
	case []any, *List:
		out := []any{}
		any := false
		list, _ := items(x)
		for _, e := range list {
			if err := in.step(); err != nil {
				return nil, false, err
			}
			y, ok, err := in.property(e, name)
			if err != nil {
				return nil, false, err
			}
			if !ok {
				continue
			}
			any = true
			if inner, isList := items(y); isList {
				out = append(out, inner...)
			} else {
				out = append(out, y)
			}
		}
		return collapse(out), any, nil
	}
	return nil, false, nil
}

// size is Count or Length: scalars count one.
func size(v any, key string) (int, bool) {
	switch x := v.(type) {
	case string:
		if key == "length" {
			return len([]rune(x)), true
		}
		return 1, true
	case []any:
		return len(x), true
	case *List:
		if key == "count" {
			return len(x.Items), true
		}
		return 0, false
	case *Hash:
		if _, have := x.Get(key); have {
			return 0, false
		}
		if key == "count" {
			return len(x.keys), true
		}
		return 1, true
	case *Object:
		if x.Property(key) != nil {
			return 0, false
		}
		return 1, !x.custom() // custom objects have no Count in 5.1
	case nil:
		return 0, true
	}
	return 1, true
}
