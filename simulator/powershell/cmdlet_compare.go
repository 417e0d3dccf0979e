package powershell

func compareHold(c *Call) error {
	list, _ := c.State.([]any)
	c.State = append(list, asItems(c.Value("DifferenceObject"))...)
	return nil
}

// compareEnd pairs equal objects; what has no pair stands on one side.
func compareEnd(c *Call) error {
	fields, err := c.in.fields(c.Value("Property"))
	if err != nil {
		return err
	}
	key := func(v any) (string, error) {
		if len(fields) == 0 {
			return toString(v), nil
		}
		s := ""
		for _, f := range fields {
			y, err := c.in.fieldValue(f, v)
			if err != nil {
				return "", err
			}
			s += toString(y) + "\x00"
		}
		return s, nil
	}
	fold := func(s string) string {
		if c.On("CaseSensitive") {
			return s
		}
		return lower(s)
	}
	left := map[string]int{}
	reference := asItems(c.Value("ReferenceObject"))
	for _, v := range reference {
		k, err := key(v)
		if err != nil {
			return err
		}
		left[fold(k)]++
	}
	write := func(v any, side string) error {
		if side == "==" && !c.On("IncludeEqual") || side != "==" && c.On("ExcludeDifferent") {
			return nil
		}
		if c.On("PassThru") {
			return c.Write(v)
		}
		o := &Object{Types: []string{CustomType, "System.Object"}}
		if len(fields) == 0 {
			o.Add(Property{Name: "InputObject", Value: v})
		}
		for _, f := range fields {
			y, err := c.in.fieldValue(f, v)
			if err != nil {
				return err
			}
			o.Add(Property{Name: f.name, Value: y})
		}
		o.Add(Property{Name: "SideIndicator", Value: side})
		return c.Write(o)
	}
	var extra []any
	matched := map[string]int{}
	for _, v := range c.held() {
		k, err := key(v)
		if err != nil {
			return err
		}
		if left[fold(k)] > 0 {
			left[fold(k)]--
			matched[fold(k)]++
			if err := write(v, "=="); err != nil {
				return err
			}
			continue
		}
		extra = append(extra, v)
	}
	for _, v := range extra {
		if err := write(v, "=>"); err != nil {
			return err
		}
	}
	for _, v := range reference {
		k, err := key(v)
		if err != nil {
			return err
		}
		if matched[fold(k)] > 0 {
			matched[fold(k)]--
			continue
		}
		if err := write(v, "<="); err != nil {
			return err
		}
	}
	return nil
}
