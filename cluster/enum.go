package cluster

import (
	"fmt"
	"strconv"
	"strings"
)

// words maps the numbers Windows uses to the words we show and store.
// A number outside the table keeps its value: "Unknown(7)".
type words[T ~int] map[T]string

func (w words[T]) word(v T) string {
	if s, ok := w[v]; ok {
		return s
	}
	return fmt.Sprintf("Unknown(%d)", int(v))
}

func (w words[T]) parse(text []byte, v *T) error {
	s := string(text)
	for n, word := range w {
		if word == s {
			*v = n
			return nil
		}
	}
	if num, ok := strings.CutPrefix(s, "Unknown("); ok {
		n, err := strconv.Atoi(strings.TrimSuffix(num, ")"))
		if err == nil {
			*v = T(n)
			return nil
		}
	}
	return fmt.Errorf("no such value %q", s)
}

// flagWords names the single bits of a bit field, lowest first.
type flagWords[T ~int] []struct {
	bit  T
	word string
}

func (w flagWords[T]) split(v T, none string) []string {
	if v == 0 {
		return []string{none}
	}
	var out []string
	for _, f := range w {
		if v&f.bit != 0 {
			out = append(out, f.word)
			v &^= f.bit
		}
	}
	if v != 0 {
		out = append(out, fmt.Sprintf("Unknown(%d)", int(v)))
	}
	return out
}

func (w flagWords[T]) join(v T, none string) string {
	return strings.Join(w.split(v, none), ", ")
}

func (w flagWords[T]) parse(text []byte, v *T, none string) error {
	*v = 0
	for part := range strings.SplitSeq(string(text), ", ") {
		if part == none || part == "" {
			continue
		}
		found := false
		for _, f := range w {
			if f.word == part {
				*v |= f.bit
				found = true
			}
		}
		if found {
			continue
		}
		num, ok := strings.CutPrefix(part, "Unknown(")
		n, err := strconv.Atoi(strings.TrimSuffix(num, ")"))
		if !ok || err != nil {
			return fmt.Errorf("no such flag %q", part)
		}
		*v |= T(n)
	}
	return nil
}
