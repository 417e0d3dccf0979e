package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func entry(run, action, object string) cluster.AuditEntry {
	exit := 3
	return cluster.AuditEntry{Who: "anna", Role: cluster.Administrator, From: "10.0.0.1", Action: action, Object: object, Run: run,
		Text: "Get-ClusterNode\n| ft", Params: `{"a":1}`, Outcome: "ok", Detail: "d", Exit: &exit, TookMS: 12, Bytes: 345}
}

func audit(t testing.TB, s *Store, e cluster.AuditEntry) {
	t.Helper()
	if err := s.Audit(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func TestAudit(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	ctx := t.Context()
	if n, last, err := s.VerifyAudit(ctx); n != 0 || last != "" || err != nil {
		t.Errorf("an empty log: %d %q %v", n, last, err)
	}
	audit(t, s, cluster.AuditEntry{Action: "sign-in", Outcome: "refused"})
	first := entry("", "cluster.saved", "alpha")
	first.At = c.t.Add(-time.Hour).Add(123)
	audit(t, s, first)
	s.Close()
	c.t = c.t.Add(time.Minute)
	s = open(t, dir, c)
	audit(t, s, entry("", "cluster.removed", "alpha"))
	got, err := s.AuditEntries(ctx, cluster.AuditQuery{})
	if err != nil || len(got) != 3 {
		t.Fatalf("%d lines %v", len(got), err)
	}
	want := first
	want.Seq, want.Prev, want.Hash = 2, got[2].Hash, got[1].Hash
	if diff := cmp.Diff(want, got[1]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got[0].Prev != got[1].Hash || got[2].Prev != "" || !got[0].At.Equal(c.t) {
		t.Errorf("no chain: %+v", got)
	}
	if n, last, err := s.VerifyAudit(ctx); n != 3 || last != got[0].Hash || err != nil {
		t.Errorf("%d %q %v", n, last, err)
	}
	for _, tt := range []struct {
		q    cluster.AuditQuery
		want string
	}{
		{cluster.AuditQuery{}, "3 2 1"}, {cluster.AuditQuery{Who: "anna"}, "3 2"}, {cluster.AuditQuery{Action: "sign-in"}, "1"},
		{cluster.AuditQuery{Object: "alpha", Before: 3}, "2"}, {cluster.AuditQuery{Limit: 1}, "3"}, {cluster.AuditQuery{Run: "x"}, ""},
		{cluster.AuditQuery{From: c.t}, "3"}, {cluster.AuditQuery{To: c.t}, "2 1"},
	} {
		list, err := s.AuditEntries(ctx, tt.q)
		var seqs []string
		for _, e := range list {
			seqs = append(seqs, fmt.Sprint(e.Seq))
		}
		if have := strings.Join(seqs, " "); have != tt.want || err != nil {
			t.Errorf("%+v: %q %v, want %q", tt.q, have, err, tt.want)
		}
	}
	var out bytes.Buffer
	if err := s.ExportAudit(ctx, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var second cluster.AuditEntry
	if len(lines) != 3 || json.Unmarshal([]byte(lines[1]), &second) != nil || auditHash(second) != second.Hash {
		t.Errorf("exported:\n%s", out.String())
	}
	for _, query := range []string{`DELETE FROM audit`, `UPDATE audit SET who = 'x' WHERE seq = 2`, `INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2`} {
		if _, err := s.w.Exec(query); err == nil {
			t.Errorf("%s: done", query)
		}
	}
}

// Whatever is done to the log, verifying names the first line that is wrong.
func TestAuditTampering(t *testing.T) {
	for _, tt := range []struct {
		what string
		seq  int64
	}{
		{`UPDATE audit SET at = at + 1 WHERE seq = 3`, 3}, {`UPDATE audit SET who = 'eve' WHERE seq = 3`, 3},
		{`UPDATE audit SET role = 'viewer' WHERE seq = 3`, 3}, {`UPDATE audit SET role = 'king' WHERE seq = 3`, 3},
		{`UPDATE audit SET address = '' WHERE seq = 3`, 3}, {`UPDATE audit SET action = 'x' WHERE seq = 3`, 3},
		{`UPDATE audit SET object = 'x' WHERE seq = 3`, 3}, {`UPDATE audit SET run = 'x' WHERE seq = 3`, 3},
		{`UPDATE audit SET text = text || ' ' WHERE seq = 3`, 3}, {`UPDATE audit SET params = '' WHERE seq = 3`, 3},
		{`UPDATE audit SET outcome = 'failed' WHERE seq = 3`, 3}, {`UPDATE audit SET detail = '' WHERE seq = 3`, 3},
		{`UPDATE audit SET exit = NULL WHERE seq = 3`, 3}, {`UPDATE audit SET exit = 0 WHERE seq = 3`, 3},
		{`UPDATE audit SET took = 0 WHERE seq = 3`, 3}, {`UPDATE audit SET bytes = 0 WHERE seq = 3`, 3},
		{`UPDATE audit SET prev = '' WHERE seq = 3`, 3}, {`UPDATE audit SET hash = '' WHERE seq = 3`, 3},
		// What moved from one field to the next.
		{`UPDATE audit SET outcome = outcome || detail, detail = '' WHERE seq = 3`, 3},
		{`DELETE FROM audit WHERE seq = 1`, 1}, {`DELETE FROM audit WHERE seq = 3`, 3}, {`DELETE FROM audit WHERE seq = 5`, 5}, {`DELETE FROM audit`, 1},
		{`DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = seq - 1 WHERE seq > 3`, 3},
		{`INSERT INTO audit SELECT 6, at, who, role, address, action, object, run, text, params, outcome, detail, exit, took, bytes, prev, hash FROM audit WHERE seq = 5`, 6},
	} {
		t.Run(tt.what, func(t *testing.T) {
			s := open(t, t.TempDir(), newClock())
			for i := range 5 {
				audit(t, s, entry("", "cluster.saved", fmt.Sprint("c", i)))
			}
			if _, err := s.w.Exec(`DROP TRIGGER audit_kept; DROP TRIGGER audit_fixed; ` + tt.what); err != nil {
				t.Fatal(err)
			}
			_, _, err := s.VerifyAudit(t.Context())
			var broken *AuditBroken
			if !errors.As(err, &broken) || broken.Seq != tt.seq {
				t.Errorf("error %v, want line %d", err, tt.seq)
			}
		})
	}
}

// Many write at once: one chain.
func TestAuditConcurrently(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 25 {
				audit(t, s, entry("", "x", "y"))
			}
		})
	}
	all.Wait()
	if n, _, err := s.VerifyAudit(t.Context()); n != 100 || err != nil {
		t.Errorf("%d lines %v, want 100", n, err)
	}
}

// A run whose end is not in the log was interrupted, and the next start says so, once.
func TestInterruptedRuns(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	audit(t, s, entry("r1", "run.started", "alpha/HV-01, alpha/HV-02, alpha/HV-03"))
	audit(t, s, entry("r2", "run.started", "alpha/HV-01"))
	audit(t, s, entry("r3", "run.refused", "alpha/HV-01"))
	audit(t, s, entry("r1", "run.ended", "alpha/HV-02"))
	audit(t, s, entry("r2", "run.ended", "alpha/HV-01"))
	audit(t, s, entry("r4", "run.started", "a, b/HV-01, a, b/HV-02")) // an odd name
	audit(t, s, entry("r4", "run.ended", "a, b/HV-01"))
	audit(t, s, entry("r4", "run.ended", "a, b/HV-02"))
	for range 2 {
		s.Close()
		s = open(t, dir, c)
	}
	got, err := s.AuditEntries(t.Context(), cluster.AuditQuery{Before: 100})
	if err != nil || len(got) != 10 {
		t.Fatalf("%d lines %v, want 10", len(got), err)
	}
	for i, object := range []string{"alpha/HV-03", "alpha/HV-01"} {
		if e := got[i]; e.Object != object || e.Run != "r1" || e.Action != "run.ended" || e.Outcome != "interrupted" || e.Who != "anna" {
			t.Errorf("line %d: %+v", e.Seq, e)
		}
	}
	if _, _, err := s.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
