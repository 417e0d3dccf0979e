package powershell

import (
	"strings"
)

// expr evaluates an expression; errors carry its position.
func (in *Interp) expr(x expr) (any, error) {
	if err := in.step(); err != nil {
		return nil, err
	}
	v, err := in.eval(x)
	if err != nil {
		return nil, in.located(err, x.at())
	}
	return v, nil
}

func (in *Interp) eval(x expr) (any, error) {
	switch x := x.(type) {
	case *constExpr:
		return x.value, nil
	case *textExpr:
		return in.expand(x)
	case *varExpr:
		return in.variable(x.scope, x.name)
	case *listExpr:
		return in.exprList(x.items)
	case *arrayExpr:
		return in.arrayOf(x)
	case *subExpr:
		out, err := in.collectAll(x.body)
		return collapse(out), err
	case *parenExpr:
		if a, ok := x.body.(*assignStmt); ok { // ($x = 5) gives what was assigned
			if err := in.assignment(a); err != nil {
				return nil, err
			}
			return in.expr(a.target)
		}
		return in.valueOf(x.body)
	case *hashExpr:
		return in.hash(x)
	case *blockExpr:
		return &Block{body: x.body, in: in.top, src: in.src}, nil
	case *unaryExpr:
		return in.unary(x)
	case *stepExpr:
		return in.increment(x)
	case *binaryExpr:
		return in.binaryExpr(x)
	case *typeExpr:
		full, ok := resolveType(x.name)
		if !ok {
			return nil, in.typeNotFound(x.name)
		}
		return Type{full}, nil
	case *castExpr:
		return in.cast(x)
	case *memberExpr:
		return in.memberValue(x)
	case *callExpr:
		return in.call(x)
	case *indexExpr:
		return in.indexValue(x)
	}
	return nil, unsupported("This expression")
}

// collectAll runs statements and keeps what they put out.
func (in *Interp) collectAll(body []stmt) ([]any, error) {
	var out []any
	err := in.statements(body, func(v any) error {
		out = append(out, v)
		return in.charge(16, nil)
	})
	return out, err
}

func (in *Interp) expand(x *textExpr) (any, error) {
	var b strings.Builder
	for _, part := range x.parts {
		v, err := in.expr(part)
		if err != nil {
			return nil, err
		}
		separator, _ := in.top.get("ofs")
		s := toText(v, toString(separator), 8)
		if err := in.charge(len(s), nil); err != nil {
			return nil, err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func (in *Interp) exprList(list []expr) (any, error) {
	out := make([]any, len(list))
	for i, x := range list {
		v, err := in.expr(x)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, in.charge(16*len(out), nil)
}

// arrayOf is @( … ): what the statements put out, always as an array.
func (in *Interp) arrayOf(x *arrayExpr) (any, error) {
	if len(x.body) == 1 { // @(1, 2) is not wrapped again
		if p, ok := x.body[0].(*pipeStmt); ok && len(p.cmds) == 1 {
			if l, ok := p.cmds[0].x.(*listExpr); ok && len(p.cmds[0].redirs) == 0 {
				return in.exprList(l.items)
			}
		}
	}
	out, err := in.collectAll(x.body)
	if out == nil {
		out = []any{}
	}
	return out, err
}

func (in *Interp) hash(x *hashExpr) (any, error) {
	h := NewHash()
	for i, k := range x.keys {
		key, err := in.expr(k)
		if err != nil {
			return nil, err
		}
		if key == nil {
			return nil, newError(runtimeException, "InvalidNullKey", "InvalidOperation", nil, "A null key is not allowed in a hash literal.")
		}
		v, err := in.valueOf(x.values[i])
		if err != nil {
			return nil, err
		}
		if _, have := h.Get(key); have {
			return nil, newError(runtimeException, "DuplicateKeyInHashLiteral", "InvalidOperation", nil, "Duplicate keys '%s' are not allowed in hash literals.", toString(key))
		}
		h.Set(key, v)
	}
	return h, in.charge(48*len(x.keys), nil)
}

func (in *Interp) unary(x *unaryExpr) (any, error) {
	v, err := in.expr(x.x)
	if err != nil {
		return nil, err
	}
	switch x.op {
	case "not":
		return !truth(v), nil
	case ",":
		return []any{v}, nil
	case "-":
		n, err := in.numeric(v)
		if err != nil {
			return nil, err
		}
		return negate(n.value()), nil
	case "+":
		n, err := in.numeric(v)
		return n.value(), err
	case "bnot":
		n, err := toInteger(v, "System.Int64")
		if err != nil {
			return nil, err
		}
		num, _ := toNumber(v)
		return number{i: ^n.(int64), long: num.long}.value(), nil
	case "join":
		s := toText(asItems(v), "", 8)
		return s, in.charge(len(s), nil)
	case "split", "isplit", "csplit":
		out := []any{}
		for _, t := range asItems(v) {
			for _, w := range strings.Fields(toString(t)) {
				out = append(out, w)
			}
		}
		return out, in.charge(32*len(out), nil)
	}
	return nil, unsupported("The operator '" + x.op + "'")
}

func (in *Interp) increment(x *stepExpr) (any, error) {
	old, err := in.expr(x.x)
	if err != nil {
		return nil, err
	}
	if old != nil && !isNumber(old) {
		return nil, newError(runtimeException, "OperatorRequiresNumber", "InvalidOperation", nil, "The '%s' operator works only on numbers. The operand is a '%s'.", x.op, typeName(old))
	}
	v, err := in.arithmetic(x.op[:1], old, 1)
	if err != nil {
		return nil, err
	}
	if err := in.assign(x.x, v); err != nil {
		return nil, err
	}
	if x.prefix {
		return v, nil
	}
	if old == nil {
		return 0, nil
	}
	return old, nil
}

func (in *Interp) binaryExpr(x *binaryExpr) (any, error) {
	l, err := in.expr(x.l)
	if err != nil {
		return nil, err
	}
	switch x.op { // these look at the right side only when they must
	case "and":
		if !truth(l) {
			return false, nil
		}
		r, err := in.expr(x.r)
		return truth(r), err
	case "or":
		if truth(l) {
			return true, nil
		}
		r, err := in.expr(x.r)
		return truth(r), err
	}
	r, err := in.expr(x.r)
	if err != nil {
		return nil, err
	}
	switch x.op {
	case "is", "isnot", "as":
		full, ok := "", false
		switch t := r.(type) {
		case Type:
			full, ok = t.Name, true
		case string:
			full, ok = resolveType(t)
		}
		if !ok {
			return nil, in.typeNotFound(toString(r))
		}
		if x.op == "as" {
			if v, err := in.convert(l, full); err == nil {
				return v, nil
			}
			return nil, nil
		}
		return isType(l, full) == (x.op == "is"), nil
	}
	return in.binary(x.op, l, r)
}

func (in *Interp) cast(x *castExpr) (any, error) {
	full, ok := resolveType(x.to.name)
	if !ok {
		return nil, in.typeNotFound(x.to.name)
	}
	v, err := in.expr(x.x)
	if err != nil {
		return nil, err
	}
	return in.convert(v, full)
}

func (in *Interp) indexValue(x *indexExpr) (any, error) {
	v, err := in.expr(x.x)
	if err != nil {
		return nil, err
	}
	index, err := in.expr(x.index)
	if err != nil {
		return nil, err
	}
	if many, ok := index.([]any); ok {
		if _, isHash := v.(*Hash); isHash || v != nil {
			out := []any{}
			for _, i := range many {
				y, err := in.index(v, i)
				if err != nil {
					return nil, err
				}
				if y != nil {
					out = append(out, y)
				}
			}
			return out, in.charge(16*len(out), nil)
		}
	}
	return in.index(v, index)
}

func (in *Interp) index(v, index any) (any, error) {
	var list []any
	switch x := v.(type) {
	case nil:
		return nil, newError(runtimeException, "NullArray", "InvalidOperation", nil, "Cannot index into a null array.")
	case *Hash:
		if n, ok := index.(int); ok && x.Ordered {
			if n < 0 || n >= len(x.keys) {
				return nil, nil
			}
			index = x.keys[n]
		}
		y, _ := x.Get(index)
		return y, nil
	case []any:
		list = x
	case *List:
		list = x.Items
	case string:
		r := []rune(x)
		list = make([]any, len(r))
		if err := in.charge(16*len(r), nil); err != nil {
			return nil, err
		}
		for i, c := range r {
			list[i] = Char(c)
		}
	default:
		if n, err := toInteger(index, "System.Int32"); err == nil && (n == 0 || n == -1) {
			return v, nil // a scalar is its own first element
		}
		if o, ok := v.(*Object); ok && !o.custom() {
			return nil, newError(runtimeException, "CannotIndex", "InvalidOperation", nil, "Unable to index into an object of type %s.", o.TypeName())
		}
		return nil, nil
	}
	if index == nil {
		return nil, newError(runtimeException, "NullArrayIndex", "InvalidOperation", nil, "Index operation failed; the array index evaluated to null.")
	}
	n, err := toInteger(index, "System.Int32")
	if err != nil {
		return nil, err
	}
	i := n.(int)
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return nil, nil
	}
	return list[i], nil
}
