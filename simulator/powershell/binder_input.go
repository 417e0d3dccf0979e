package powershell

import (
	"strings"
)

var kindTypes = map[Kind]string{KindAny: "System.Object", KindString: "System.String", KindStrings: "System.String[]", KindInt: "System.Int32", KindLong: "System.Int64", KindSwitch: "System.Management.Automation.SwitchParameter",
	KindBool: "System.Boolean", KindBlock: "System.Management.Automation.ScriptBlock", KindList: "System.Object[]", KindDate: "System.DateTime", KindHash: "System.Collections.Hashtable"}

// set converts a value to the parameter's kind and keeps it.
func (in *Interp) set(call *Call, p *Param, v any) error {
	y, err := in.fit(p, v)
	if err != nil {
		return err
	}
	call.bound[lower(p.Name)] = y
	return nil
}

func (in *Interp) fit(p *Param, v any) (any, error) {
	cannot := func(err error) error {
		reason := ""
		if err != nil {
			reason = " " + strings.TrimSuffix(err.Error(), "") + ""
		}
		if reason == "" {
			reason = " Cannot convert value " + quoted(v) + " to type \"" + kindTypes[p.Kind] + "\"."
		}
		rec := bindError("CannotConvertArgumentNoMessage", "Cannot bind parameter '%s'.%s", p.Name, reason)
		return rec
	}
	var y any
	var err error
	switch p.Kind {
	case KindAny:
		y = v
	case KindString:
		if list, ok := items(v); ok && len(list) != 1 {
			return nil, bindError("CannotConvertArgument", "Cannot convert 'System.Object[]' to the type 'System.String' required by parameter '%s'. Specified method is not supported.", p.Name)
		}
		y = toString(v)
	case KindStrings:
		list := []any{}
		for _, x := range asItems(v) {
			list = append(list, toString(x))
		}
		y = list
	case KindList:
		y = asAdded(v)
	case KindSwitch, KindBool:
		if s, ok := v.(string); ok {
			return nil, bindError("CannotConvertArgumentNoMessage", "Cannot process argument transformation on parameter '%s'. Cannot convert value %s to type %q. Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0.", p.Name, quoted(s), kindTypes[p.Kind])
		}
		y = truth(v)
	case KindInt:
		y, err = in.convert(v, "System.Int32")
	case KindLong:
		y, err = in.convert(v, "System.Int64")
	case KindDate:
		y, err = in.convert(v, "System.DateTime")
	case KindBlock:
		if b, ok := v.(*Block); ok {
			y = b
		} else {
			return nil, cannot(nil)
		}
	case KindHash:
		if h, ok := v.(*Hash); ok {
			y = h
		} else {
			return nil, cannot(nil)
		}
	}
	if err != nil {
		return nil, cannot(err)
	}
	if len(p.Values) > 0 {
		if n, err := Int(y); err == nil && strings.HasSuffix(p.Name, "Action") && n >= 0 && n < len(actionNames) {
			y = actionNames[n] // ActionPreference by its number
		}
		for _, x := range asItems(y) {
			if !oneOf(p.Values, toString(x)) {
				return nil, bindError("ParameterArgumentValidationError", "Cannot validate argument on parameter '%s'. The argument %q does not belong to the set %q specified by the ValidateSet attribute. Supply an argument that is in the set and then try the command again.", p.Name, toString(x), strings.Join(p.Values, ","))
			}
		}
	}
	return y, nil
}

// actionNames are the values of ActionPreference.
var actionNames = []string{"SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore"}

func oneOf(list []string, s string) bool {
	for _, x := range list {
		if equalFold(x, s) {
			return true
		}
	}
	return false
}

// bindInput binds a pipeline object; ok is false if no parameter takes it and
// an error was written.
func (in *Interp) bindInput(c *Call, v any) (ok bool, err error) {
	c.bound = map[string]any{}
	for k, x := range c.fixed {
		c.bound[k] = x
	}
	accepts, bound := false, false
	for i := range c.cmd.Params {
		p := &c.cmd.Params[i]
		if _, have := c.bound[lower(p.Name)]; have {
			continue
		}
		if p.ByName {
			accepts = true
			if o, isObject := v.(*Object); isObject {
				for _, name := range append([]string{p.Name}, p.Aliases...) {
					prop := o.Property(name)
					if prop == nil {
						continue
					}
					if y, err := in.fit(p, prop.value()); err == nil {
						c.bound[lower(p.Name)], bound = y, true
					}
					break
				}
				if bound {
					continue
				}
			}
		}
		if p.Pipeline {
			accepts = true
			if _, isObject := v.(*Object); isObject && p.ByName && (p.Kind == KindString || p.Kind == KindStrings) {
				continue // an object without that property is no name
			}
			if y, err := in.fit(p, v); err == nil {
				c.bound[lower(p.Name)], bound = y, true
			}
		}
	}
	if accepts && bound {
		return true, nil
	}
	rec := bindError("InputObjectNotBound", "The input object cannot be bound to any parameters for the command either because the command does not take pipeline input or the input and its properties do not match any of the parameters that take pipeline input.")
	rec.Target = v
	return false, c.Fail(rec)
}

// missing is the error of a mandatory parameter that was not given.
func (c *Call) missing() error {
	var names []string
	for _, p := range c.cmd.Params {
		if _, ok := c.bound[lower(p.Name)]; p.Mandatory && !ok {
			names = append(names, p.Name)
		}
	}
	if names == nil {
		return nil
	}
	return bindError("MissingMandatoryParameter", "Cannot process command because of one or more missing mandatory parameters: %s.", strings.Join(names, " "))
}
