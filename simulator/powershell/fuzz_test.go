package powershell

import (
	"context"
	"testing"
	"time"
)

// FuzzRun: no text makes the interpreter panic, hang or grow without bound.
func FuzzRun(f *testing.F) {
	for _, s := range []string{
		"1..3 | % { $_ * 2 }", "@{a=1;b=@(1,2)} | ConvertTo-Json", "'{\"a\":[1,{}]}' | ConvertFrom-Json | fl *", "$x = 5; while ($x -gt 0) { $x-- }", "try { throw 'a' } catch { $_ } finally { 1 }",
		"function f([int]$a, [switch]$b) { begin { 1 } process { $_ } end { 2 } }; 1 | f -b", "\"a $($b.c[0]) ${d} `n\"", "@\"\n$x\n\"@", "switch -Regex ('a') { '.' { $Matches } default { } }", "[pscustomobject]@{a=1;b='x'} | Format-Table -AutoSize",
		"'{0:N2} {1,-5}|' -f 1.5, 'x'", "[math]::Round(1.5, 2); [datetime]'2026-01-01' - [timespan]'1:00'", "'a','b' | sort -Descending | select -First 1 | group | measure", "Get-Date -UFormat '%s' | Out-String -Width 5", "1,2,3 -gt 1 -join ',' -replace '\\d', '$0'",
		"$a = @(1); $a += $a; $a[0,-1]; $a[9] = 1; $h = [ordered]@{}; $h.x.y = 1", "'abc'.Substring(1).PadLeft(9).Split('b')[0].Insert(1, 'q')", "& { param($a) $a } @h 2>&1 > $null", "$l = [Collections.Generic.List[int]]::new(); $l.Add(1); $l.RemoveAt(0)",
		":x for (;;) { break x }", "1 -shl 99; 5 % 0; -9223372036854775808 / -1; 0x7fffffffffffffff + 1", "Compare-Object (1,2) (2,3) | ft | Out-String", "$o = [pscustomobject]@{}; $o | Add-Member a $o -MemberType NoteProperty; $o | ConvertTo-Json; \"$o\"; $o", "'x' * 3 -split '' ; -split ' a '", "iex '1 +'", "[scriptblock]::Create('{').Invoke()",
		"1 | gm | fw -AutoSize; $PSVersionTable; $Error[0].InvocationInfo", "[string]::Format('{0,9999}', 1).Length; '{0:d99}' -f 5; (5).ToString('0.0#,;x')", "Write-Progress a -PercentComplete 5; Write-Host a -NoNewline; Write-Error x", "do { $i++ } until ($i -ge 3); $i++ + ++$i", "$x::y; $x.$y.('z')(1); [int[]]'1'", "where 1 -eq 1; 1 | ? { } | % Length",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		o := Options{MaxSteps: 20_000, MaxOutput: 1 << 20, MaxMemory: 4 << 20, Wait: func(time.Duration) <-chan time.Time {
			c := make(chan time.Time, 1)
			c <- noon
			return c
		}}
		runWith(t, ctx, o, script)
		if ctx.Err() != nil {
			t.Fatal("took more than five seconds")
		}
	})
}
