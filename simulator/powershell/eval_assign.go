package powershell

import "strings"

// assignment is target op= value.
func (in *Interp) assignment(s *assignStmt) error {
	if s.op == "=" {
		v, err := in.valueOf(s.value)
		if err != nil {
			return err
		}
		return in.located(in.assign(s.target, v), s.span)
	}
	old, err := in.expr(s.target)
	if err != nil {
		return err
	}
	v, err := in.valueOf(s.value)
	if err != nil {
		return err
	}
	v, err = in.arithmetic(strings.TrimSuffix(s.op, "="), old, v)
	if err == nil {
		err = in.assign(s.target, v)
	}
	return in.located(err, s.span)
}

func (in *Interp) assign(target expr, v any) error {
	switch t := target.(type) {
	case *varExpr:
		return in.setVariable(t.scope, t.name, v)
	case *castExpr:
		full, ok := resolveType(t.to.name)
		if !ok {
			return in.typeNotFound(t.to.name)
		}
		v, err := in.convert(v, full)
		if err != nil {
			return err
		}
		if name, ok := t.x.(*varExpr); ok && name.scope == "" {
			if in.top.types == nil {
				in.top.types = map[string]string{}
			}
			in.top.types[lower(name.name)] = full
		}
		return in.assign(t.x, v)
	case *listExpr:
		list := asItems(v)
		for i, x := range t.items {
			var part any
			switch {
			case i >= len(list):
			case i == len(t.items)-1 && len(list) > len(t.items):
				part = append([]any(nil), list[i:]...)
			default:
				part = list[i]
			}
			if err := in.assign(x, part); err != nil {
				return err
			}
		}
		return nil
	case *memberExpr:
		return in.assignMember(t, v)
	case *indexExpr:
		return in.assignIndex(t, v)
	}
	return newError(runtimeException, "InvalidLeftHandSide", "InvalidOperation", nil, "The assignment expression is not valid.")
}

func (in *Interp) assignMember(t *memberExpr, v any) error {
	if t.static {
		return unsupported("Assigning to a static member")
	}
	x, err := in.expr(t.x)
	if err != nil {
		return err
	}
	name, err := in.memberName(t.name)
	if err != nil {
		return err
	}
	missing := func() error {
		return newError(runtimeException, "PropertyAssignmentException", "InvalidOperation", nil, "The property '%s' cannot be found on this object. Verify that the property exists and can be set.", name)
	}
	switch o := x.(type) {
	case *Hash:
		o.Set(name, v)
		return in.charge(32, nil)
	case *Object:
		p := o.Property(name)
		switch {
		case p == nil && o.custom():
			return newError(setException, "ExceptionWhenSetting", "NotSpecified", nil, "Exception setting %q: %q", name, missing().Error())
		case p == nil:
			return missing()
		case p.Set != nil:
			if err := p.Set(v); err != nil {
				rec, ok := err.(*ErrorRecord)
				if !ok {
					rec = newError(setException, "ExceptionWhenSetting", "NotSpecified", nil, "Exception setting %q: %q", p.Name, err.Error())
				}
				return rec
			}
			return nil
		case p.Get != nil:
			return newError(setException, "PropertyAssignmentException", "InvalidOperation", nil, "'%s' is a ReadOnly property.", p.Name)
		}
		p.Value = v
		return nil
	}
	return missing()
}

func (in *Interp) assignIndex(t *indexExpr, v any) error {
	x, err := in.expr(t.x)
	if err != nil {
		return err
	}
	index, err := in.expr(t.index)
	if err != nil {
		return err
	}
	var list []any
	switch o := x.(type) {
	case nil:
		return newError(runtimeException, "NullArray", "InvalidOperation", nil, "Cannot index into a null array.")
	case *Hash:
		if index == nil {
			return newError(runtimeException, "NullArrayIndex", "InvalidOperation", nil, "Index operation failed; the array index evaluated to null.")
		}
		if n, ok := index.(int); ok && o.Ordered {
			if n < 0 || n >= len(o.keys) {
				return newError("System.ArgumentOutOfRangeException", "System.ArgumentOutOfRangeException", "OperationStopped", nil, "Index was out of range. Must be non-negative and less than the size of the collection.")
			}
			index = o.keys[n]
		}
		o.Set(index, v)
		return in.charge(32, nil)
	case []any:
		list = o
	case *List:
		list = o.Items
	default:
		return newError(runtimeException, "CannotIndex", "InvalidOperation", nil, "Unable to index into an object of type %s.", typeName(x))
	}
	n, err := toInteger(index, "System.Int32")
	if err != nil {
		return err
	}
	i := n.(int)
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return newError("System.IndexOutOfRangeException", "System.IndexOutOfRangeException", "OperationStopped", nil, "Index was outside the bounds of the array.")
	}
	list[i] = v
	return nil
}
