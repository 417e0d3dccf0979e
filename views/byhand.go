package views

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// The parts in this file are written by hand because a page of a fleet has
// hundreds of them, and a template takes four times as long. Whatever comes from
// outside goes through attribute or text.

type html struct{ strings.Builder }

func (b *html) attribute(name, value string) {
	b.WriteString(` `)
	b.WriteString(name)
	b.WriteString(`="`)
	b.text(value)
	b.WriteString(`"`)
}

func (b *html) text(s string) { b.WriteString(templ.EscapeString(s)) }

func (b *html) icon(name string) {
	b.WriteString(`<svg class="i" aria-hidden="true"><use href="`)
	b.WriteString(sprite(name))
	b.WriteString(`"></use></svg>`)
}

func byHand(size int, write func(*html)) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b html
		b.Grow(size)
		write(&b)
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// mood is a state's shape alone; its word is there for those who do not see it.
func mood(s State) templ.Component {
	return byHand(192, func(b *html) {
		b.WriteString(`<span`)
		b.attribute("class", "st "+s.Class)
		b.WriteString(`>`)
		b.icon(s.Icon)
		b.WriteString(`<span class="vh">`)
		b.text(s.Word)
		b.WriteString(`</span></span>`)
	})
}

// meterOf is a share as number and bar.
func meterOf(m *Meter) templ.Component {
	return byHand(320, func(b *html) {
		if !m.Known {
			b.WriteString(`<span class="none">`)
			b.text(m.Text)
			b.WriteString(`</span>`)
			return
		}
		b.WriteString(`<div class="meter"><b data-v>`)
		b.text(m.Text)
		b.WriteString(`</b>`)
		m.writeBar(b)
		if m.Note != "" {
			b.WriteString(`<small>`)
			b.text(m.Note)
			b.WriteString(`</small>`)
		}
		b.WriteString(`</div>`)
	})
}

// bar is the bar of a share alone.
func bar(m *Meter) templ.Component { return byHand(256, m.writeBar) }

func (m *Meter) writeBar(b *html) {
	b.WriteString(`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="t" width="100" height="6"></rect><rect`)
	b.attribute("class", strings.TrimSpace("f "+m.Tone))
	b.attribute("width", m.Width)
	b.WriteString(` height="6"></rect></svg>`)
}

// strip writes nodes as small squares.
func strip(glyphs []Glyph) templ.Component {
	return byHand(32+160*len(glyphs), func(b *html) {
		b.WriteString(`<div class="strip">`)
		for _, g := range glyphs {
			b.WriteString(`<a`)
			b.attribute("class", "nd "+g.State.Class)
			b.attribute("href", string(templ.URL(g.Href)))
			b.attribute("title", g.Title)
			b.WriteString(`>`)
			if g.State.Glyph == "" {
				b.WriteString("<i></i>")
			} else {
				b.icon(g.State.Glyph)
			}
			b.WriteString("</a>")
		}
		b.WriteString("</div>")
	})
}
