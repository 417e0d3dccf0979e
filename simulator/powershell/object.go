package powershell

import (
	"fmt"
	"strings"
	"time"
)

// Object is a thing with properties.
type Object struct {
	// Types are the type names, the most derived first.
	Types []string
	// Text is what ToString gives; nil means "@{a=1; b=2}" for custom objects
	// and the type's name for others.
	Text func() string
	// Shown are the properties of the default display property set.
	Shown []string
	// Methods by lower-case name.
	Methods map[string]Method
	props   []Property
}

// Method is called with the arguments the script gives.
type Method struct {
	Name string // as written in the definition
	Call func(args []any) (any, error)
}

// Property is one property of an Object. Get and Set reach through to what the
// object stands for; without Get the value is kept here and may be changed.
type Property struct {
	Name  string
	Value any
	Get   func() any
	// Set changes the property; nil with Get means it is read-only.
	Set func(any) error
	// Kind is the member type Get-Member shows; "" means NoteProperty for kept
	// values, Property for others.
	Kind string
}

// CustomType is the type name of [pscustomobject]s.
const CustomType = "System.Management.Automation.PSCustomObject"

// NewObject makes an object of a type from names and values in turn.
func NewObject(typ string, pairs ...any) *Object {
	o := &Object{Types: []string{typ, "System.Object"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Add(Property{Name: pairs[i].(string), Value: pairs[i+1]})
	}
	return o
}

// TypeName is the most derived type's.
func (o *Object) TypeName() string {
	if len(o.Types) == 0 {
		return "System.Object"
	}
	return o.Types[0]
}

// Add appends a property, or replaces one of that name.
func (o *Object) Add(p Property) {
	if have := o.Property(p.Name); have != nil {
		*have = p
		return
	}
	o.props = append(o.props, p)
}

// Property finds one by name, in any case.
func (o *Object) Property(name string) *Property {
	for i := range o.props {
		if equalFold(o.props[i].Name, name) {
			return &o.props[i]
		}
	}
	return nil
}

// Get is a property's value, nil if there is none.
func (o *Object) Get(name string) any {
	if p := o.Property(name); p != nil {
		return p.value()
	}
	return nil
}

func (p *Property) value() any {
	if p.Get != nil {
		return p.Get()
	}
	return p.Value
}

func (p *Property) kind() string {
	switch {
	case p.Kind != "":
		return p.Kind
	case p.Get != nil:
		return "Property"
	default:
		return "NoteProperty"
	}
}

// Names lists the properties.
func (o *Object) Names() []string {
	out := make([]string, len(o.props))
	for i, p := range o.props {
		out[i] = p.Name
	}
	return out
}

func (o *Object) custom() bool {
	return len(o.Types) > 0 && (o.Types[0] == CustomType || strings.HasPrefix(o.Types[0], "Selected."))
}

// String is the object's ToString. Lists and custom objects inside a custom
// object are not spelt out.
func (o *Object) String() string {
	switch {
	case o.Text != nil:
		return o.Text()
	case !o.custom():
		return o.TypeName()
	}
	var b strings.Builder
	b.WriteString("@{")
	for i, p := range o.props {
		if i > 0 {
			b.WriteString("; ")
		}
		v := p.value()
		b.WriteString(p.Name + "=")
		if inner, ok := v.(*Object); ok && inner.Text == nil && inner.custom() {
			continue
		}
		if _, isList := items(v); isList {
			b.WriteString(typeName(v))
			continue
		}
		b.WriteString(toString(v))
	}
	b.WriteString("}")
	return b.String()
}

// Hash is a hashtable. Its keys keep the order of their making, also when it is
// not [ordered], so that runs can be repeated.
type Hash struct {
	Ordered bool
	keys    []any
	values  map[string]any
}

// NewHash makes an empty one.
func NewHash() *Hash { return &Hash{values: map[string]any{}} }

// keyText tells keys apart: strings by their text in any case, others by type too.
func keyText(k any) string {
	if s, ok := k.(string); ok {
		return "s" + strings.ToLower(s)
	}
	if n, ok := toNumber(k); ok {
		return fmt.Sprint("n", n.value())
	}
	if t, ok := k.(time.Time); ok {
		return "t" + t.UTC().String()
	}
	switch k.(type) {
	case *Object, *Hash, *List, *Block, *ErrorRecord:
		return fmt.Sprintf("p%p", k)
	case []any:
		return fmt.Sprintf("p%p", k)
	}
	return fmt.Sprintf("%T%v", k, k)
}

// Get finds a value.
func (h *Hash) Get(k any) (any, bool) {
	v, ok := h.values[keyText(k)]
	return v, ok
}

// Set adds or replaces a value.
func (h *Hash) Set(k, v any) {
	text := keyText(k)
	if _, ok := h.values[text]; !ok {
		h.keys = append(h.keys, k)
	}
	h.values[text] = v
}

// Delete removes a key if it is there.
func (h *Hash) Delete(k any) {
	text := keyText(k)
	if _, ok := h.values[text]; !ok {
		return
	}
	delete(h.values, text)
	for i, have := range h.keys {
		if keyText(have) == text {
			h.keys = append(h.keys[:i:i], h.keys[i+1:]...)
			return
		}
	}
}

// Keys lists the keys in the order they were added.
func (h *Hash) Keys() []any { return h.keys }

// Values lists the values in the order of the keys.
func (h *Hash) Values() []any {
	out := make([]any, len(h.keys))
	for i, k := range h.keys {
		out[i], _ = h.Get(k)
	}
	return out
}

func (h *Hash) clone() *Hash {
	c := &Hash{Ordered: h.Ordered, values: make(map[string]any, len(h.values))}
	for _, k := range h.keys {
		v, _ := h.Get(k)
		c.Set(k, v)
	}
	return c
}

// entries are the key-value pairs, as GetEnumerator gives them.
func (h *Hash) entries() []any {
	out := make([]any, len(h.keys))
	for i, k := range h.keys {
		v, _ := h.Get(k)
		e := NewObject("System.Collections.DictionaryEntry", "Name", k, "Key", k, "Value", v)
		e.Types = []string{"System.Collections.DictionaryEntry", "System.ValueType", "System.Object"}
		e.props[0].Kind, e.props[1].Kind, e.props[2].Kind = "AliasProperty", "Property", "Property"
		out[i] = e
	}
	return out
}

// custom makes a [pscustomobject] of a hashtable.
func (h *Hash) custom() *Object {
	o := &Object{Types: []string{CustomType, "System.Object"}}
	for _, k := range h.keys {
		v, _ := h.Get(k)
		o.Add(Property{Name: toString(k), Value: v})
	}
	return o
}
