package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestSavedScripts(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	ctx := t.Context()
	disks := cluster.SavedScript{Name: "Disks", Description: "All of them", Text: "Get-Disk 'ü'", By: "anna", Changed: c.t}
	jobs := cluster.SavedScript{Name: "Aufträge", Text: "Get-StorageJob", By: "anna", Changed: c.t}
	for _, x := range []cluster.SavedScript{disks, jobs} {
		if err := s.PutSavedScript(ctx, "", x); err != nil {
			t.Fatal(err)
		}
	}
	renamed := disks
	renamed.Name = "AUFTRÄGE"
	for what, err := range map[string]error{
		"a second of that name":   s.PutSavedScript(ctx, "", renamed),
		"renamed to one there is": s.PutSavedScript(ctx, "disks", renamed),
	} {
		if !errors.Is(err, cluster.ErrExists) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, err := range map[string]error{
		"changing one that is not there": s.PutSavedScript(ctx, "none", cluster.SavedScript{Name: "none"}),
		"deleting one that is not there": s.DropSavedScript(ctx, "none"),
	} {
		if !errors.Is(err, cluster.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	disks.Name, disks.Text = "disks of the pool", "Get-PhysicalDisk"
	if err := s.PutSavedScript(ctx, "DISKS", disks); err != nil {
		t.Fatal(err)
	}
	if err := s.DropSavedScript(ctx, "aufTRÄGE"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, dir, c)
	got, err := s.SavedScripts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]cluster.SavedScript{disks}, got); d != "" {
		t.Error(d)
	}
}
