package powershell

import (
	"testing"
	"time"
)

func BenchmarkRun(b *testing.B) {
	scripts := map[string]string{
		"hello":    "'hello'",
		"pipeline": "1..1000 | Where-Object { $_ % 2 } | ForEach-Object { $_ * 2 } | Measure-Object -Sum",
		"objects":  "1..1000 | ForEach-Object { [pscustomobject]@{ N = $_; T = \"item $_\" } } | Sort-Object N -Descending | Select-Object -First 50",
		"json":     "1..200 | ForEach-Object { @{ n = $_; t = 'x' } } | ConvertTo-Json | ConvertFrom-Json | Out-Null",
	}
	for name, script := range scripts {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				in := New(Options{Now: func() time.Time { return noon }})
				w := in.NewWriter(120, func(string) error { return nil })
				if code := in.Run(b.Context(), script, nil, Streams{Success: w.Write}); code != 0 {
					b.Fatal(code)
				}
				w.Close()
			}
		})
	}
}
