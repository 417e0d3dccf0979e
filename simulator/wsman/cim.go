package wsman

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CIM answers for the WMI of one node. Its methods may be called at any time
// and by many at once.
type CIM interface {
	// Class describes a class; namespace ("root/cimv2") and name come in any
	// case. The error wraps ErrNoNamespace or ErrNoClass, or is a *CIMError
	// when WMI itself does not work.
	Class(namespace, name string) (*Class, error)
	// Instances returns the class's instances as they are now, in WMI's order.
	// The error is a *CIMError.
	Instances(class *Class) ([]Instance, error)
}

// What Class does not find.
var (
	ErrNoNamespace = errors.New("wsman: no such namespace")
	ErrNoClass     = errors.New("wsman: no such class")
)

// CIMError is a failure of WMI or of one of its providers.
type CIMError struct {
	HRESULT uint32 // e.g. 0x80070422
	Message string // as Windows words it
}

func (e *CIMError) Error() string { return fmt.Sprintf("HRESULT 0x%08x: %s", e.HRESULT, e.Message) }

// CIMType is the type of a property as MOF names it.
type CIMType string

// The types in use. Integers may be any Go integer in Instance.Values.
const (
	TypeString    CIMType = "string"
	TypeBoolean   CIMType = "boolean"
	TypeUint8     CIMType = "uint8"
	TypeUint16    CIMType = "uint16"
	TypeUint32    CIMType = "uint32"
	TypeUint64    CIMType = "uint64"
	TypeSint16    CIMType = "sint16"
	TypeSint32    CIMType = "sint32"
	TypeSint64    CIMType = "sint64"
	TypeReal64    CIMType = "real64"
	TypeDatetime  CIMType = "datetime"  // a time.Time, or a time.Duration for an interval
	TypeReference CIMType = "reference" // a Reference
	TypeObject    CIMType = "object"    // an Instance
)

// Class is the schema of a class.
type Class struct {
	Namespace string // "root/cimv2"
	Name      string // "Win32_Service"
	Keys      []string
	Singleton bool // Get needs no keys
	// Properties in the order they are written. Windows' is alphabetical.
	Properties []PropertyType
}

// PropertyType is one property of a class.
type PropertyType struct {
	Name  string
	Type  CIMType
	Array bool
}

// Property finds a property by name, in any case; -1 if there is none.
func (c *Class) Property(name string) int {
	return slices.IndexFunc(c.Properties, func(p PropertyType) bool { return strings.EqualFold(p.Name, name) })
}

func (c *Class) uri() string { return wmiURI + c.Namespace + "/" + c.Name }

// Instance is one object. Values stand beside Class.Properties: nil is CIM's
// null, an array is a slice of the element's Go type.
type Instance struct {
	Class  *Class
	Values []any
}

// Value returns the property of that name, nil when it is null or unknown.
func (i Instance) Value(name string) any {
	if n := i.Class.Property(name); n >= 0 {
		return i.Values[n]
	}
	return nil
}

// Reference is the path of an instance.
type Reference struct {
	Namespace, Class string
	Keys             []KeyValue
}

// KeyValue is one key of a Reference.
type KeyValue struct{ Name, Value string }

func (i Instance) reference() Reference {
	r := Reference{Namespace: i.Class.Namespace, Class: i.Class.Name}
	for _, k := range i.Class.Keys {
		r.Keys = append(r.Keys, KeyValue{k, cimText(i.Value(k))})
	}
	return r
}

// cimText is a scalar as it stands in XML and in selectors.
func cimText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.999999Z")
	case time.Duration:
		return interval(v)
	}
	return fmt.Sprint(v)
}

// interval writes a CIM interval: P0DT0H1M40S.
func interval(d time.Duration) string {
	s := elapsed(d)
	if frac := d % time.Second; frac > 0 {
		s = strings.TrimSuffix(s, "S") + strings.TrimRight(fmt.Sprintf(".%06d", frac/time.Microsecond), "0") + "S"
	}
	return s
}

// elements are the values of an array property, or the one of a scalar.
func elements(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case []string:
		return anySlice(v)
	case []bool:
		return anySlice(v)
	case []int:
		return anySlice(v)
	case []uint16:
		return anySlice(v)
	case []uint32:
		return anySlice(v)
	case []Instance:
		return anySlice(v)
	}
	return []any{v}
}

func anySlice[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}

const (
	nsCIM = "http://schemas.dmtf.org/wbem/wscim/1/common"
	nsXSI = "http://www.w3.org/2001/XMLSchema-instance"
)

// writeInstance writes an object as Windows' WMI plug-in does: a null scalar is
// xsi:nil, a null array is left out, an array repeats its element.
func (w *writer) writeInstance(i Instance) {
	c := i.Class
	w.raw(`<p:`, c.Name, ` xmlns:xsi="`, nsXSI, `" xmlns:p="`, c.uri(), `" xmlns:cim="`, nsCIM, `" xsi:type="p:`, c.Name, `_Type">`)
	w.properties(i, "p:", "cim:")
	w.raw(`</p:`, c.Name, `>`)
}

func (w *writer) properties(i Instance, prefix, cim string) {
	for n, p := range i.Class.Properties {
		w.property(p, i.Values[n], prefix, cim)
	}
}

func (w *writer) property(p PropertyType, v any, prefix, cim string) {
	name := prefix + p.Name
	if v == nil {
		if !p.Array {
			w.raw("<", name, ` xsi:nil="true"/>`)
		}
		return
	}
	for _, e := range elements(v) {
		switch e := e.(type) {
		case time.Time:
			w.raw("<", name, "><", cim, "Datetime>", cimText(e), "</", cim, "Datetime></", name, ">")
		case time.Duration:
			w.raw("<", name, "><", cim, "Interval>", cimText(e), "</", cim, "Interval></", name, ">")
		case Reference:
			w.raw("<", name, ` xmlns:a="`, nsA, `" xmlns:w="`, nsW, `">`)
			w.epr(e)
			w.raw("</", name, ">")
		case Instance:
			w.raw("<", name, ` xmlns:p="`, e.Class.uri(), `" xsi:type="p:`, e.Class.Name, `_Type">`)
			w.properties(e, "p:", cim)
			w.raw("</", name, ">")
		default:
			w.raw("<", name, ">").text(cimText(e)).raw("</", name, ">")
		}
	}
}

// writeFragment writes what a query selected: the names lose their namespace.
func (w *writer) writeFragment(i Instance, selected []int) {
	w.raw(`<w:XmlFragment xmlns:xsi="`, nsXSI, `" xmlns:w="`, nsW, `">`)
	for _, n := range selected {
		w.property(i.Class.Properties[n], i.Values[n], "", "")
	}
	w.raw(`</w:XmlFragment>`)
}

// epr writes the content of an endpoint reference.
func (w *writer) epr(r Reference) {
	w.eprTo(wmiURI+r.Namespace+"/"+r.Class, r.Keys)
}

func (w *writer) eprTo(resource string, keys []KeyValue) {
	w.raw(`<a:Address>`, anonymous, `</a:Address><a:ReferenceParameters><w:ResourceURI>`).text(resource).
		raw(`</w:ResourceURI><w:SelectorSet>`)
	for _, k := range keys {
		w.raw(`<w:Selector Name="`, k.Name, `">`).text(k.Value).raw(`</w:Selector>`)
	}
	w.raw(`</w:SelectorSet></a:ReferenceParameters>`)
}
