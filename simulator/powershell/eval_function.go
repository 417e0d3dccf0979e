package powershell

import "errors"

// blockStage runs a function or script block as an element of a pipeline.
type blockStage struct {
	in    *Interp
	block *Block
	sc    *scope
	emit  emitter
	input []any
	at    span
	src   *source
	name  string
	piped *paramDecl // the parameter that takes pipeline objects
	byKey []*paramDecl
}

// blockCommand binds the arguments of a function or script block.
func (in *Interp) blockCommand(c *command, b *Block, emit emitter, piped bool) (stage, error) {
	words, err := in.words(c)
	if err != nil {
		return nil, err
	}
	parent := in.top
	if b.in != nil {
		parent = b.in
	}
	if lit, ok := c.name.(*constExpr); ok && lit != nil {
		parent = in.top // functions see their caller's variables
	}
	st := &blockStage{in: in, block: b, sc: newScope(parent), emit: emit, at: c.span, src: in.src}
	if c.call == "." {
		st.sc = in.top
	}
	if lit, ok := c.name.(*constExpr); ok {
		st.name, _ = lit.value.(string)
	}
	bound, rest, err := in.bindWords(b.body, words)
	if err == nil {
		err = st.bindValues(bound, rest)
	}
	if err != nil {
		var rec *ErrorRecord
		if errors.As(err, &rec) && st.name != "" {
			in.src.place(rec, c.span)
			rec.Blame, rec.Activity = st.name, st.name
			rec.ID += "," + st.name
		}
		return nil, err
	}
	return st, nil
}

// bindWords sorts words into named parameters and the rest.
func (in *Interp) bindWords(body *blockBody, words []word) (*Hash, []any, error) {
	bound, rest := NewHash(), []any{}
	params := make([]Param, len(body.params))
	for i, d := range body.params {
		params[i] = Param{Name: d.name, Aliases: d.aliases}
		if d.typ == "switch" {
			params[i].Kind = KindSwitch
		}
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w.param == "" {
			rest = append(rest, w.value)
			continue
		}
		p, err := match(params, w.param)
		isCommon := false
		if err == nil {
			isCommon = true
			for j := range params {
				isCommon = isCommon && p != &params[j]
			}
		}
		if err != nil || isCommon && !body.advanced {
			if body.advanced {
				in.src.place(err.(*ErrorRecord), w.span)
				return nil, nil, err
			}
			text := "-" + w.param // a simple function keeps it in $args
			if w.has {
				rest = append(rest, text+":", w.value)
				continue
			}
			rest = append(rest, text)
			continue
		}
		v := w.value
		switch {
		case p.Kind == KindSwitch && !w.has:
			v = true
		case !w.has && p.Kind != KindSwitch:
			if i+1 >= len(words) || words[i+1].param != "" {
				rec := bindError("MissingArgument", "Missing an argument for parameter '%s'. Specify a parameter of type 'System.Object' and try again.", p.Name)
				in.src.place(rec, w.span)
				return nil, nil, rec
			}
			i++
			v = words[i].value
		}
		bound.Set(p.Name, v)
	}
	return bound, rest, nil
}

// bindValues gives the parameters their values in the block's scope.
func (s *blockStage) bindValues(bound *Hash, rest []any) error {
	in, body := s.in, s.block.body
	top, src := in.top, in.src
	in.top, in.src = s.sc, s.block.src
	defer func() { in.top, in.src = top, src }()
	if s.sc.types == nil {
		s.sc.types = map[string]string{}
	}
	if v, ok := bound.Get("erroraction"); ok && body.advanced {
		s.sc.set("erroractionpreference", v)
	}
	if v, ok := bound.Get("verbose"); ok && body.advanced && truth(v) {
		s.sc.set("verbosepreference", "Continue")
	}
	order := make([]*paramDecl, 0, len(body.params))
	for i := range body.params {
		order = append(order, &body.params[i])
	}
	explicit := false
	for _, d := range order {
		explicit = explicit || d.position > 0
	}
	for _, d := range order {
		v, given := bound.Get(d.name)
		if d.pipeline {
			s.piped = d
		}
		if d.byName {
			s.byKey = append(s.byKey, d)
		}
		if !given && len(rest) > 0 && d.typ != "switch" && (!explicit || d.position > 0) {
			v, rest, given = rest[0], rest[1:], true
		}
		if err := s.bindOne(d, v, given); err != nil {
			return err
		}
	}
	if body.advanced && len(rest) > 0 {
		return bindError("PositionalParameterNotFound", "A positional parameter cannot be found that accepts argument '%s'.", toString(rest[0]))
	}
	if s.sc != in.global || !body.hasParams {
		s.sc.set("args", append([]any{}, rest...))
	}
	ps := NewHash()
	for _, k := range bound.keys {
		v, _ := bound.Get(k)
		ps.Set(k, v)
	}
	s.sc.set("psboundparameters", ps)
	return nil
}

func (s *blockStage) bindOne(d *paramDecl, v any, given bool) error {
	in := s.in
	if !given {
		switch {
		case d.def != nil:
			var err error
			if v, err = in.expr(d.def); err != nil {
				return err
			}
		case d.mandatory && !d.pipeline && !d.byName:
			return bindError("MissingMandatoryParameter", "Cannot process command because of one or more missing mandatory parameters: %s.", d.name)
		case d.typ == "switch" || d.typ == "bool":
			v = false
		case d.typ == "string":
			v = ""
		case d.typ == "int" || d.typ == "int32":
			v = 0
		}
	}
	if d.typ != "" && (given || d.def != nil) {
		full, ok := resolveType(d.typ)
		if !ok {
			return in.typeNotFound(d.typ)
		}
		y, err := in.convert(v, full)
		if err != nil {
			rec := bindError("ParameterArgumentTransformationError", "Cannot process argument transformation on parameter '%s'. %s", d.name, err.Error())
			rec.Category = "InvalidData"
			return rec
		}
		v = y
		if full != "System.Management.Automation.SwitchParameter" {
			s.sc.types[lower(d.name)] = full
		}
	}
	if given {
		if err := in.validate(d, v); err != nil {
			return err
		}
	}
	s.sc.set(lower(d.name), v)
	return nil
}

// run runs some of the block's statements; $_ is set to v unless it is nil.
func (s *blockStage) inside(list []stmt) error {
	in := s.in
	if list == nil {
		return nil
	}
	if in.depth++; in.depth > in.opts.MaxDepth {
		in.depth--
		return callDepth()
	}
	top, src := in.top, in.src
	in.top, in.src = s.sc, s.block.src
	if s.name != "" {
		in.callers = append(in.callers, caller{s.name, s.at, s.src})
		defer func() { in.callers = in.callers[:len(in.callers)-1] }()
	}
	err := in.statements(list, func(v any) error {
		in.top, in.src = top, src
		err := s.emit(v)
		in.top, in.src = s.sc, s.block.src
		return err
	})
	in.top, in.src = top, src
	in.depth--
	var f *flow
	if errors.As(err, &f) && f.kind == "return" {
		return nil
	}
	return err
}

func (s *blockStage) begin() error { return s.inside(s.block.body.begin) }

func (s *blockStage) process(v any) error {
	body := s.block.body
	if v != any(noInput) {
		s.sc.set("_", v)
		if s.piped != nil {
			if err := s.bindOneAt(s.piped, v); err != nil {
				return err
			}
		}
		if o, ok := v.(*Object); ok {
			for _, d := range s.byKey {
				if p := o.Property(d.name); p != nil {
					if err := s.bindOneAt(d, p.value()); err != nil {
						return err
					}
				}
			}
		}
		if !body.hasProcess {
			s.input = append(s.input, v)
			return s.in.charge(16, nil)
		}
	}
	return s.inside(body.process)
}

func (s *blockStage) bindOneAt(d *paramDecl, v any) error {
	top, src := s.in.top, s.in.src
	s.in.top, s.in.src = s.sc, s.block.src
	defer func() { s.in.top, s.in.src = top, src }()
	return s.bindOne(d, v, true)
}

func (s *blockStage) end() error {
	body := s.block.body
	if !body.hasProcess {
		s.sc.set("input", append([]any{}, s.input...))
	}
	if body.named {
		return s.inside(body.end)
	}
	return s.inside(body.bare)
}

// run is begin, process and end without pipeline input.
func (s *blockStage) run(input []any) error {
	if err := s.begin(); err != nil {
		return err
	}
	if input == nil {
		input = []any{any(noInput)}
	}
	for _, v := range input {
		if err := s.process(v); err != nil {
			return err
		}
	}
	return s.end()
}

// invoke calls a block with arguments, as & does, and collects its output.
func (in *Interp) invoke(b *Block, args []any) ([]any, error) {
	var out []any
	st := &blockStage{in: in, block: b, sc: newScope(b.in), emit: func(v any) error {
		out = append(out, v)
		return in.charge(16, nil)
	}}
	err := st.bindValues(NewHash(), args)
	if err == nil {
		err = st.run(nil)
	}
	return out, err
}
