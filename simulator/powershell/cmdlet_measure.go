package powershell

import (
	"math"
	"strings"
)

func measureEnd(c *Call) error {
	if c.On("Line") || c.On("Word") || c.On("Character") {
		return measureText(c)
	}
	names := c.Texts("Property")
	if len(names) == 0 {
		return c.measure("", c.held())
	}
	for _, name := range names {
		var values []any
		found := false
		for _, v := range c.held() {
			y, ok, err := c.in.property(v, name)
			if err != nil {
				return err
			}
			found = found || ok
			if ok && y != nil {
				values = append(values, y)
			}
		}
		if !found {
			if err := c.Fail(newError("System.Management.Automation.PSArgumentException", "GenericMeasurePropertyNotFound", "InvalidArgument", nil, "The property %q cannot be found in the input for any objects.", name)); err != nil {
				return err
			}
			continue
		}
		if err := c.measure(name, values); err != nil {
			return err
		}
	}
	return nil
}

func (c *Call) measure(name string, values []any) error {
	numbers := c.On("Sum") || c.On("Average")
	sum, n := 0.0, 0
	var low, high any
	for _, v := range values {
		if numbers {
			x, err := c.in.numeric(v)
			if err != nil || !isNumber(v) && typeName(v) != "System.String" {
				rec := newError("System.Management.Automation.PSInvalidCastException", "NonNumericInputObject", "InvalidType", v, "Input object %s is not numeric.", quoted(v))
				if err := c.Fail(rec); err != nil {
					return err
				}
				continue
			}
			sum += x.float64()
		}
		n++
		if n == 1 || c.in.rank(v, low, false) < 0 {
			low = v
		}
		if n == 1 || c.in.rank(v, high, false) > 0 {
			high = v
		}
	}
	o := NewObject("Microsoft.PowerShell.Commands.GenericMeasureInfo", "Count", n, "Average", nil, "Sum", nil, "Maximum", nil, "Minimum", nil, "Property", nil)
	put := func(key string, on bool, v any) {
		if x, ok := toNumber(v); ok && key != "Count" {
			v = x.float64()
		}
		if on && n > 0 {
			o.Property(key).Value = v
		}
	}
	put("Sum", c.On("Sum"), sum)
	put("Average", c.On("Average"), sum/math.Max(float64(n), 1))
	put("Maximum", c.On("Maximum"), high)
	put("Minimum", c.On("Minimum"), low)
	if name != "" {
		o.Property("Property").Value = name
	}
	for i := range o.props {
		o.props[i].Kind = "Property"
	}
	return c.Write(o)
}

func measureText(c *Call) error {
	lines, words, characters := 0, 0, 0
	for _, v := range c.held() {
		s := toString(v)
		lines += len(splitLines(s))
		words += len(strings.Fields(s))
		characters += len([]rune(s))
	}
	o := NewObject("Microsoft.PowerShell.Commands.TextMeasureInfo", "Lines", nil, "Words", nil, "Characters", nil, "Property", nil)
	for name, n := range map[string]int{"Line": lines, "Word": words, "Character": characters} {
		if c.On(name) {
			o.Property(name + "s").Value = n
		}
	}
	return c.Write(o)
}
