package cluster

import (
	"fmt"
	"strings"
	"time"
)

// count says "1 virtual machine" or "18 virtual machines".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// listed writes names as people do, and counts those beyond five.
func listed(names []string) string {
	const most = 5
	if len(names) > most+1 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return strings.Join(names, "")
}

// clock writes a moment without leaving its meaning to the reader's time zone.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// sizeText writes bytes in the binary units Windows uses, under their usual names.
func sizeText(b int64) string {
	const unit = 1024
	v := float64(b)
	for _, name := range []string{"B", "KB", "MB", "GB", "TB", "PB"} {
		if v < unit || name == "PB" {
			if v < 10 && name != "B" {
				return fmt.Sprintf("%.1f %s", v, name)
			}
			return fmt.Sprintf("%.0f %s", v, name)
		}
		v /= unit
	}
	return ""
}

// Quote makes a PowerShell string: in single quotes nothing is expanded. PowerShell
// takes typographic single quotes for the same as the straight one.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		switch r {
		case '\'', '\u2018', '\u2019', '\u201a', '\u201b':
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	b.WriteByte('\'')
	return b.String()
}

// sentences joins those that are not empty.
func sentences(s ...string) string {
	var out []string
	for _, x := range s {
		if x != "" {
			out = append(out, x)
		}
	}
	return strings.Join(out, " ")
}
