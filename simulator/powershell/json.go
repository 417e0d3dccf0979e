package powershell

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// jsonWriter writes as ConvertTo-Json of 5.1: two blanks after a colon, values
// indented by the length of their key.
type jsonWriter struct {
	in       *Interp
	b        strings.Builder
	compress bool
	counted  int
}

// toJSON encodes a value; objects deeper than depth become their text.
func (in *Interp) toJSON(v any, depth int, compress bool) (string, error) {
	w := &jsonWriter{in: in, compress: compress}
	if err := w.value(v, depth, 0); err != nil {
		return "", err
	}
	return w.b.String(), nil
}

func (w *jsonWriter) value(v any, depth, indent int) error {
	if err := w.in.step(); err != nil {
		return err
	}
	if err := w.in.charge(w.b.Len()-w.counted, nil); err != nil {
		return err
	}
	w.counted = w.b.Len()
	switch x := v.(type) {
	case nil:
		w.b.WriteString("null")
		return nil
	case bool:
		w.b.WriteString(strconv.FormatBool(x))
		return nil
	case string:
		w.quote(x)
		return nil
	case Char:
		w.quote(string(rune(x)))
		return nil
	case Enum:
		w.b.WriteString(strconv.FormatInt(x.Value, 10))
		return nil
	case time.Time:
		w.b.WriteString(`"\/Date(` + strconv.FormatInt(x.UnixMilli(), 10) + `)\/"`)
		return nil
	case Type:
		w.quote(x.Name)
		return nil
	}
	if n, ok := toNumber(v); ok {
		if n.float && (math.IsNaN(n.f) || math.IsInf(n.f, 0)) {
			w.quote(doubleText(n.f))
			return nil
		}
		if n.float {
			s := strconv.FormatFloat(n.f, 'g', -1, 64)
			if n.f == math.Trunc(n.f) && math.Abs(n.f) < 1e15 {
				s = strconv.FormatFloat(n.f, 'f', 1, 64)
			}
			w.b.WriteString(strings.ToUpper(s))
			return nil
		}
		w.b.WriteString(toString(v))
		return nil
	}
	if o, ok := v.(*Object); ok && o.Text != nil && (len(o.props) == 0 || o.TypeName() == "System.Guid") {
		w.quote(o.String())
		return nil
	}
	if list, ok := items(v); ok {
		if depth < 0 {
			w.quote(toString(v))
			return nil
		}
		return w.list(list, depth, indent)
	}
	if depth < 0 {
		w.quote(toString(v))
		return nil
	}
	var names []string
	var values []any
	if h, ok := v.(*Hash); ok {
		for _, k := range h.keys {
			y, _ := h.Get(k)
			names, values = append(names, toString(k)), append(values, y)
		}
	} else {
		for _, p := range w.in.properties(v) {
			names, values = append(names, p.Name), append(values, p.value())
		}
	}
	return w.object(names, values, depth, indent)
}

func (w *jsonWriter) line(indent int) {
	if !w.compress {
		w.b.WriteString("\r\n" + strings.Repeat(" ", indent))
	}
}

func (w *jsonWriter) object(names []string, values []any, depth, indent int) error {
	w.b.WriteByte('{')
	if len(names) == 0 {
		w.line(0)
	}
	for i, name := range names {
		if i > 0 {
			w.b.WriteByte(',')
		}
		w.line(indent + 4)
		from := w.b.Len()
		w.quote(name)
		width := utf8.RuneCountInString(w.b.String()[from:])
		w.b.WriteByte(':')
		if !w.compress {
			w.b.WriteString("  ")
		}
		if err := w.value(values[i], depth-1, indent+4+width+3); err != nil {
			return err
		}
	}
	w.line(indent)
	w.b.WriteByte('}')
	return nil
}

func (w *jsonWriter) list(list []any, depth, indent int) error {
	w.b.WriteByte('[')
	if len(list) == 0 {
		w.line(0)
	}
	for i, v := range list {
		if i > 0 {
			w.b.WriteByte(',')
		}
		w.line(indent + 4)
		if err := w.value(v, depth-1, indent+4); err != nil {
			return err
		}
	}
	w.line(indent)
	w.b.WriteByte(']')
	return nil
}

// quote escapes as .NET's JavaScriptSerializer.
func (w *jsonWriter) quote(s string) {
	w.b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"':
			w.b.WriteString(`\"`)
		case '\\':
			w.b.WriteString(`\\`)
		case '\n':
			w.b.WriteString(`\n`)
		case '\r':
			w.b.WriteString(`\r`)
		case '\t':
			w.b.WriteString(`\t`)
		case '\b':
			w.b.WriteString(`\b`)
		case '\f':
			w.b.WriteString(`\f`)
		case '<', '>', '&', '\'', 0x85, 0x2028, 0x2029:
			fmt.Fprintf(&w.b, `\u%04x`, r)
		default:
			if r < 0x20 {
				fmt.Fprintf(&w.b, `\u%04x`, r)
				continue
			}
			w.b.WriteRune(r)
		}
	}
	w.b.WriteByte('"')
}

// fromJSON reads a JSON text; objects keep the order of their members.
func (in *Interp) fromJSON(text string) (any, error) {
	invalid := func() error {
		return newError(argumentException, "System.ArgumentException", "NotSpecified", nil, "Invalid JSON primitive: %s.", shorten(strings.TrimSpace(text), 60))
	}
	if err := in.charge(4*len(text), nil); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	v, err := in.decode(d, 0)
	if err != nil {
		var f *ErrorRecord
		if errors.As(err, &f) || errors.Is(err, errCanceled) {
			return nil, err
		}
		return nil, invalid()
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid()
	}
	return v, nil
}

func (in *Interp) decode(d *json.Decoder, depth int) (any, error) {
	if err := in.step(); err != nil {
		return nil, err
	}
	if depth > 100 {
		return nil, newError(argumentException, "System.ArgumentException", "NotSpecified", nil, "RecursionLimit exceeded.")
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			out := []any{}
			for d.More() {
				v, err := in.decode(d, depth+1)
				if err != nil {
					return nil, err
				}
				out = append(out, v)
			}
			_, err := d.Token()
			return out, err
		}
		o := &Object{Types: []string{CustomType, "System.Object"}}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := in.decode(d, depth+1)
			if err != nil {
				return nil, err
			}
			name, _ := k.(string)
			o.Add(Property{Name: name, Value: v})
		}
		_, err := d.Token()
		return o, err
	case json.Number:
		if n, err := strconv.ParseInt(t.String(), 10, 64); err == nil {
			return number{i: n}.value(), nil
		}
		f, err := t.Float64()
		return f, err
	case string:
		if ms, ok := strings.CutPrefix(t, "/Date("); ok && strings.HasSuffix(ms, ")/") {
			if n, err := strconv.ParseInt(strings.TrimSuffix(ms, ")/"), 10, 64); err == nil {
				return time.UnixMilli(n).UTC(), nil
			}
		}
		return t, nil
	}
	return t, nil
}
