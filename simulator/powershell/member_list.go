package powershell

import (
	"strings"
)

func (in *Interp) arrayMethod(list []any, key string, args []any) (any, bool, error) {
	switch key {
	case "contains":
		if len(args) == 1 {
			return in.contains(list, args[0], true), true, nil
		}
		return nil, true, overload("Contains", len(args))
	case "indexof":
		if len(args) == 1 {
			return in.indexOf(list, args[0]), true, nil
		}
		return nil, true, overload("IndexOf", len(args))
	case "getenumerator":
		return list, true, nil
	case "clone":
		return append([]any{}, list...), true, in.charge(16*len(list), nil)
	case "getupperbound":
		return len(list) - 1, true, nil
	case "getlength", "getlowerbound":
		return map[string]int{"getlength": len(list)}[key], true, nil
	case "add", "remove", "removeat", "insert", "clear", "addrange":
		if key == "clear" {
			break
		}
		return nil, true, thrown(strings.ToUpper(key[:1])+key[1:], len(args), "NotSupportedException", "Collection was of a fixed size.")
	case "foreach", "where":
		if len(args) == 1 {
			if b, ok := args[0].(*Block); ok {
				return in.magic(list, key, b)
			}
		}
		return nil, true, unsupported("This use of the method ." + key + "()")
	}
	return nil, false, nil
}

// magic is .ForEach({ }) and .Where({ }).
func (in *Interp) magic(list []any, key string, b *Block) (any, bool, error) {
	out := []any{}
	for _, v := range list {
		y, err := in.callWith(b, v)
		if err != nil {
			return nil, true, err
		}
		switch {
		case key == "foreach":
			out = append(out, y...)
		case truth(collapse(y)):
			out = append(out, v)
		}
	}
	return out, true, nil
}

func (in *Interp) indexOf(list []any, v any) int {
	for i, x := range list {
		if in.equal(x, v, true) {
			return i
		}
	}
	return -1
}

func (in *Interp) listMethod(l *List, key string, args []any) (any, bool, error) {
	generic := strings.Contains(l.Type, "Generic")
	need := func(n int) error {
		if len(args) != n {
			return overload(strings.ToUpper(key[:1])+key[1:], len(args))
		}
		return nil
	}
	switch key {
	case "add":
		if err := need(1); err != nil {
			return nil, true, err
		}
		l.Items = append(l.Items, args[0])
		if generic {
			return nil, true, in.charge(16, nil)
		}
		return len(l.Items) - 1, true, in.charge(16, nil)
	case "addrange":
		if err := need(1); err != nil {
			return nil, true, err
		}
		l.Items = append(l.Items, asItems(args[0])...)
		return nil, true, in.charge(16*len(asItems(args[0])), nil)
	case "clear":
		l.Items = nil
		return nil, true, nil
	case "insert":
		if err := need(2); err != nil {
			return nil, true, err
		}
		i, err := in.intArg(args, 0)
		if err != nil || i < 0 || i > len(l.Items) {
			return nil, true, thrown("Insert", 2, "ArgumentOutOfRangeException", "Index must be within the bounds of the List.\r\nParameter name: index")
		}
		l.Items = append(l.Items[:i:i], append([]any{args[1]}, l.Items[i:]...)...)
		return nil, true, in.charge(16*len(l.Items), nil)
	case "removeat", "remove":
		if err := need(1); err != nil {
			return nil, true, err
		}
		i := in.indexOf(l.Items, args[0])
		if key == "removeat" {
			var err error
			if i, err = in.intArg(args, 0); err != nil || i < 0 || i >= len(l.Items) {
				return nil, true, thrown("RemoveAt", 1, "ArgumentOutOfRangeException", "Index was out of range. Must be non-negative and less than the size of the collection.\r\nParameter name: index")
			}
		}
		if i >= 0 {
			l.Items = append(l.Items[:i:i], l.Items[i+1:]...)
		}
		if generic && key == "remove" {
			return i >= 0, true, nil
		}
		return nil, true, nil
	case "toarray":
		return append([]any{}, l.Items...), true, in.charge(16*len(l.Items), nil)
	case "reverse":
		for i, j := 0, len(l.Items)-1; i < j; i, j = i+1, j-1 {
			l.Items[i], l.Items[j] = l.Items[j], l.Items[i]
		}
		return nil, true, nil
	case "contains", "indexof", "getenumerator", "foreach", "where":
		return in.arrayMethod(l.Items, key, args)
	}
	return nil, false, nil
}

func (in *Interp) hashMethod(h *Hash, key string, args []any) (any, bool, error) {
	arg := func(n int) error {
		if len(args) != n {
			return overload(strings.ToUpper(key[:1])+key[1:], len(args))
		}
		return nil
	}
	switch key {
	case "containskey", "contains":
		if err := arg(1); err != nil {
			return nil, true, err
		}
		_, ok := h.Get(args[0])
		return ok, true, nil
	case "containsvalue":
		if err := arg(1); err != nil {
			return nil, true, err
		}
		return in.contains(h.Values(), args[0], true), true, nil
	case "add":
		if err := arg(2); err != nil {
			return nil, true, err
		}
		if _, have := h.Get(args[0]); have {
			return nil, true, thrown("Add", 2, "ArgumentException", "Item has already been added. Key in dictionary: '"+toString(args[0])+"'  Key being added: '"+toString(args[0])+"'")
		}
		h.Set(args[0], args[1])
		return nil, true, in.charge(32, nil)
	case "remove":
		if err := arg(1); err != nil {
			return nil, true, err
		}
		h.Delete(args[0])
		return nil, true, nil
	case "clear":
		*h = Hash{Ordered: h.Ordered, values: map[string]any{}}
		return nil, true, nil
	case "clone":
		return h.clone(), true, in.charge(32*len(h.keys), nil)
	case "getenumerator":
		return h.entries(), true, in.charge(64*len(h.keys), nil)
	}
	return nil, false, nil
}
