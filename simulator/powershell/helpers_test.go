package powershell

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// noon is when the tests run: Tuesday, 10 March 2026, 11:00 UTC.
var noon = time.Date(2026, 3, 10, 11, 0, 0, 0, time.UTC)

// outcome is what came of a script: the text of its objects and of its errors.
type outcome struct {
	out, errs, host, warnings, verbose string
	objects                            []any
	records                            []*ErrorRecord
	progress                           []Progress
	code                               int
}

func runWith(t testing.TB, ctx context.Context, o Options, script string, args ...any) outcome {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	in := New(o)
	return runIn(ctx, in, script, args...)
}

func runIn(ctx context.Context, in *Interp, script string, args ...any) outcome {
	var r outcome
	var b, host, errs, warn, verbose strings.Builder
	w := in.NewWriter(0, func(line string) error {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		return nil
	})
	r.code = in.Run(ctx, script, args, Streams{
		Success: func(v any) error {
			r.objects = append(r.objects, v)
			return w.Write(v)
		},
		Error: func(e *ErrorRecord) error {
			r.records = append(r.records, e)
			for _, l := range e.Lines() {
				errs.WriteString(strings.TrimRight(l, " ") + "\n")
			}
			return nil
		},
		Warning:  func(s string) error { fmt.Fprintln(&warn, s); return nil },
		Verbose:  func(s string) error { fmt.Fprintln(&verbose, s); return nil },
		Host:     func(s string) error { host.WriteString(s); return nil },
		Progress: func(p Progress) error { r.progress = append(r.progress, p); return nil },
	})
	w.Close()
	r.out, r.host, r.errs, r.warnings, r.verbose = b.String(), host.String(), errs.String(), warn.String(), verbose.String()
	return r
}

func run(t testing.TB, script string, args ...any) outcome {
	t.Helper()
	return runWith(t, t.Context(), Options{}, script, args...)
}
