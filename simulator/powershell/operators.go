package powershell

// binary applies an operator to two values. -and, -or, -is and -as are not here.
func (in *Interp) binary(op string, l, r any) (any, error) {
	base, sensitive := op, false
	switch op {
	case "+", "-", "*", "/", "%":
		return in.arithmetic(op, l, r)
	case "..":
		return in.interval(l, r)
	case "f":
		args, isList := items(r)
		if !isList {
			args = []any{r}
		}
		s, err := formatOperator(toString(l), args)
		return s, in.charge(len(s), err)
	case "join":
		s := toText(asItems(l), toString(r), 8)
		return s, in.charge(len(s), nil)
	case "xor":
		return truth(l) != truth(r), nil
	case "band", "bor", "bxor", "shl", "shr":
		return in.bits(op, l, r)
	case "contains", "in":
	default:
		if len(op) > 2 && (op[0] == 'c' || op[0] == 'i') {
			if _, ok := comparisonBases[op[1:]]; ok {
				base, sensitive = op[1:], op[0] == 'c'
			}
		}
	}
	switch base {
	case "contains", "notcontains":
		return in.contains(asItems(l), r, sensitive) == (base == "contains"), nil
	case "in", "notin":
		return in.contains(asItems(r), l, sensitive) == (base == "in"), nil
	case "split":
		return in.split(asItems(l), r, sensitive)
	case "replace":
		return in.replace(l, r, sensitive)
	}
	list, isList := items(l)
	if !isList {
		ok, err := in.compare(base, l, r, sensitive, true)
		return ok, err
	}
	out := []any{}
	for _, x := range list {
		if err := in.step(); err != nil {
			return nil, err
		}
		ok, err := in.compare(base, x, r, sensitive, false)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, x)
		}
	}
	return out, nil
}
