package powershell

import "strings"

// paramCheck is an attribute that looks at a parameter's argument. What it says of a
// wrong one are Windows PowerShell's own words.
type paramCheck struct {
	kind      string // validaterange, validateset, validatepattern, validatenotnull or validatenotnullorempty
	low, high number
	set       []string
	pattern   string
}

// validation reads one of the attributes [Validate…(…)].
func (p *parser) validation(kind, text string, at int) paramCheck {
	c := paramCheck{kind: kind}
	bad := func() {
		p.fail("NotSupported", span{at, p.pos}, "The arguments of the attribute '"+kind+"' are not supported by this simulated PowerShell.")
	}
	switch kind {
	case "validateset":
		c.set = quotedWords(text)
	case "validatepattern":
		words := quotedWords(text)
		if len(words) != 1 {
			bad()
		}
		c.pattern = words[0]
	case "validaterange":
		parts := strings.Split(text[strings.IndexByte(text, '(')+1:strings.LastIndexByte(text, ')')], ",")
		if len(parts) != 2 {
			bad()
		}
		for i, limit := range []*number{&c.low, &c.high} {
			part, negative := strings.CutPrefix(strings.TrimSpace(parts[i]), "-")
			v, n, ok := scanNumber(part)
			if !ok || n != len(part) {
				bad()
			}
			if negative {
				v = negate(v)
			}
			*limit, _ = toNumber(v)
		}
	}
	return c
}

// look says what is wrong with an argument, "" if nothing. Lists are looked at by element.
func (c paramCheck) look(in *Interp, v any) (string, error) {
	list, isList := items(v)
	if h, ok := v.(*Hash); ok {
		list, isList = []any{h}, false
	}
	const noNulls = "The argument is null, empty, or an element of the argument collection contains a null value. Supply a collection that does not contain any null values and then try the command again."
	switch c.kind {
	case "validatenotnull":
		if v == nil {
			return "The argument is null. Provide a valid value for the argument, and then try running the command again.", nil
		}
		for _, x := range list {
			if isList && x == nil {
				return noNulls, nil
			}
		}
		return "", nil
	case "validatenotnullorempty":
		if s, ok := v.(string); v == nil || ok && s == "" {
			return "The argument is null or empty. Provide an argument that is not null or empty, and then try the command again.", nil
		}
		for _, x := range list {
			if s, ok := x.(string); isList && (x == nil || ok && s == "") {
				return noNulls, nil
			}
		}
		if isList && len(list) == 0 {
			return noNulls, nil
		}
		return "", nil
	}
	if v == nil || isList && len(list) == 0 {
		return noNulls, nil
	}
	if !isList {
		list = []any{v}
	}
	for _, x := range list {
		if what, err := c.lookAt(in, x); what != "" || err != nil {
			return what, err
		}
	}
	return "", nil
}

func (c paramCheck) lookAt(in *Interp, v any) (string, error) {
	text := toString(v)
	switch c.kind {
	case "validateset":
		if !oneOf(c.set, text) {
			return `The argument "` + text + `" does not belong to the set "` + strings.Join(c.set, ",") + `" specified by the ValidateSet attribute. Supply an argument that is in the set and then try the command again.`, nil
		}
	case "validatepattern":
		re, err := in.pattern(c.pattern, false)
		if err != nil {
			return "", err
		}
		if !re.MatchString(text) {
			return `The argument "` + text + `" does not match the "` + c.pattern + `" pattern. Supply an argument that matches "` + c.pattern + `" and try the command again.`, nil
		}
	case "validaterange":
		n, err := in.numeric(v)
		low, high := toString(c.low.value()), toString(c.high.value())
		switch {
		case err != nil:
			of := shortType(typeName(c.low.value()))
			return "The argument cannot be validated because its type \"" + shortType(typeName(v)) + "\" is not the same type (" + of + ") as the maximum and minimum limits of the parameter. Make sure the argument is of type " + of + " and then try the command again.", nil
		case n.float64() < c.low.float64():
			return "The " + text + " argument is less than the minimum allowed range of " + low + ". Supply an argument that is greater than or equal to " + low + " and then try the command again.", nil
		case n.float64() > c.high.float64():
			return "The " + text + " argument is greater than the maximum allowed range of " + high + ". Supply an argument that is less than or equal to " + high + " and then try the command again.", nil
		}
	}
	return "", nil
}

// validate looks at an argument that was given for a parameter.
func (in *Interp) validate(d *paramDecl, v any) error {
	invalid := func(id, format string, args ...any) error {
		return newError(validationException, id, "InvalidData", nil, format, args...)
	}
	if d.mandatory { // then nothing empty counts as given
		if v == nil && !d.allowNull {
			return invalid("ParameterArgumentValidationErrorNullNotAllowed", "Cannot bind argument to parameter '%s' because it is null.", d.name)
		}
		if s, ok := v.(string); ok && s == "" && !d.allowEmpty {
			return invalid("ParameterArgumentValidationErrorEmptyStringNotAllowed", "Cannot bind argument to parameter '%s' because it is an empty string.", d.name)
		}
	}
	for _, c := range d.checks {
		what, err := c.look(in, v)
		if err != nil {
			return err
		}
		if what != "" {
			return invalid("ParameterArgumentValidationError", "Cannot validate argument on parameter '%s'. %s", d.name, what)
		}
	}
	return nil
}
