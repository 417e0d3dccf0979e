package main

import (
	"testing"

	"looksalive/store"
)

// What the product asks changes nothing, so an operator may run it by hand, as the
// identity that reads.
func TestWhatTheProductAsksOnlyReads(t *testing.T) {
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	must(t, err)
	defer st.Close()
	library, err := openLibrary(st)
	must(t, err)
	all, err := library.All(t.Context())
	must(t, err)
	questions := 0
	for _, s := range all {
		if s.Question != "" {
			questions++
		}
		if !s.Danger.OnlyReads {
			t.Errorf("%s: %+v", s.Name, s.Danger.Changes)
		}
		if s.Question != "" && len(s.Params) > 0 {
			t.Errorf("%s asks for %v", s.Name, s.Params)
		}
	}
	if questions != 4 {
		t.Errorf("%d questions", questions)
	}
}
