package views

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// strip writes nodes as small squares. It is written by hand because a fleet
// has a thousand of them on one page, and a template takes four times as long.
func strip(glyphs []Glyph) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		b.Grow(32 + 160*len(glyphs))
		b.WriteString(`<div class="strip">`)
		for _, g := range glyphs {
			b.WriteString(`<a class="nd `)
			b.WriteString(g.State.Class)
			b.WriteString(`" href="`)
			b.WriteString(templ.EscapeString(string(templ.URL(g.Href))))
			b.WriteString(`" title="`)
			b.WriteString(templ.EscapeString(g.Title))
			b.WriteString(`">`)
			if g.State.Glyph == "" {
				b.WriteString("<i></i>")
			} else {
				b.WriteString(`<svg class="i" aria-hidden="true"><use href="`)
				b.WriteString(sprite(g.State.Glyph))
				b.WriteString(`"></use></svg>`)
			}
			b.WriteString("</a>")
		}
		b.WriteString("</div>")
		_, err := io.WriteString(w, b.String())
		return err
	})
}
