package remoting

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seen is one end tag with what stands before it.
type seen struct{ Parent, Name, Text, State string }

func walked(b []byte) (out []seen, err error) {
	err = walkXML(b, func(element, int) error { return nil }, func(e, parent element, text []byte) error {
		lines := strings.NewReplacer("\r\n", "\n", "\r", "\n") // encoding/xml does so; we do not care
		out = append(out, seen{string(parent.local()), string(e.local()), lines.Replace(string(text)), lines.Replace(e.attr("State"))})
		return nil
	})
	return out, err
}

// walkedByGo is the same with encoding/xml.
func walkedByGo(b []byte) (out []seen, err error) {
	var open []seen
	text := ""
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) && len(out) > 0 {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := tok.(type) {
		case xml.Directive:
			return nil, errBadAnswer
		case xml.StartElement:
			s := seen{Name: t.Name.Local}
			for _, a := range t.Attr {
				if a.Name.Local == "State" {
					s.State = a.Value
					break
				}
			}
			if len(open) > 0 {
				s.Parent = open[len(open)-1].Name
			}
			open, text = append(open, s), ""
		case xml.CharData:
			text += string(t)
		case xml.EndElement:
			s := open[len(open)-1]
			s.Text, text, open = text, "", open[:len(open)-1]
			out = append(out, s)
		}
	}
}

var xmlSamples = []string{
	answerTo("uuid:1", outBody("C", "x", "Running")),
	answerTo("uuid:1", faultBody("5", "AccessDenied")),
	`<?xml version="1.0"?><!-- a > b --><a:Envelope x:State='a>"b/' />`,
	`<Envelope>a&lt;b&#65;&#x42;&amp;<![CDATA[<&]]>c<!-- d -->e<b State = "&quot;"/>f</Envelope  >`,
	`<Envelope><a></b></Envelope>`, `<a`, `<a b="`, `</a>`, `<a/>x`, `<a/><b/>`, `<a>&nbsp;</a>`, `<a>&#;</a>`, `<a>&#xD800;</a>`,
	`<a><![CDATA[x</a>`, `<a><!-- x</a>`, `<!DOCTYPE a><a/>`, `<a b=c/>`, `<a b/>`, `< a/>`, ``, `<>`, `</>`, `<a>]]></a>`, "<a\n\tState\n=\n'1'\n/>",
}

func TestWalkXMLReadsAsEncodingXMLDoes(t *testing.T) {
	for _, s := range xmlSamples {
		want, wantErr := walkedByGo([]byte(s))
		got, err := walked([]byte(s))
		if wantErr == nil && err != nil {
			t.Errorf("%q: %v", s, err)
		}
		if wantErr == nil && !cmp.Equal(got, want) {
			t.Errorf("%q: %s", s, cmp.Diff(want, got))
		}
	}
	for _, s := range []string{"", "<a", `<a b="`, "</a>", "<a></b>", "<a>&nbsp;</a>", "<a>&#;</a>", "<a><![CDATA[x</a>", "<a><!-- x</a>", "<!DOCTYPE a><a/>", "<>", "</>", "<a><b></a>", "<a><"} {
		if got, err := walked([]byte(s)); !errors.Is(err, errBadAnswer) {
			t.Errorf("%q gives %v, %v", s, got, err)
		}
	}
	b := []byte("<a>1<!-- -->2</a>" + strings.Repeat("x", 10))
	before := string(b)
	if got, err := walked(b); err != nil || got[0].Text != "12" || string(b) != before {
		t.Errorf("%v, %v, and the answer became %q", got, err, b)
	}
}

func FuzzWalkXML(f *testing.F) {
	for _, s := range xmlSamples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := walked(b)
		want, wantErr := walkedByGo(b)
		if wantErr != nil || errors.Is(err, errTooLarge) {
			return // it may be stricter
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%v, %s", err, cmp.Diff(want, got))
		}
	})
}

func BenchmarkReply(b *testing.B) {
	text := []byte(answerTo("uuid:1", outBody("C", strings.Repeat("x", 20<<10), "Running")))
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := parseReply(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/xml", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := walkedByGo(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}
