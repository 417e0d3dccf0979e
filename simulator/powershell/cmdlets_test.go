package powershell

import (
	"strings"
	"testing"
)

// people are the objects of the tests of cmdlets.
const people = `$p = [pscustomobject]@{Name='Ann'; Age=41; Team='a'}, [pscustomobject]@{Name='bob'; Age=7; Team='b'}, [pscustomobject]@{Name='Cid'; Age=30; Team='A'}; `

func TestCmdlets(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"Where-Object", people + `($p | Where-Object { $_.Age -gt 10 }).Name; ($p | where Age -lt 10).Name; ($p | ? Name -like 'c*').Name; ($p | ? Team).Count; ($p | where -Property Team -In 'b','c').Name; ($p | ? Name -match '^[ab]').Count; ($p | where { -not ($_.Age -eq 7) }).Count`, "Ann|Cid|bob|Cid|3|bob|2|2"},
		{"ForEach-Object", `1..3 | ForEach-Object { $_ * 2 }; 'a' | % ToUpper; 'abc','d' | % Length; 1..2 | % -Begin { 'b' } -Process { $_ } -End { 'e' }; 1,2 | % { 'x' } { $_ } { 'y' }; 'a-b' | % Split '-'; 1 | % { return 5; 6 }`, "2|4|6|A|3|1|b|1|2|e|x|1|2|y|a|b|5"},
		{"Select-Object", people + `1..10 | select -First 2; 1..10 | select -Last 2; 1..10 | select -Skip 8; 1..10 | select -First 1 -Skip 3; 1,1,2 | select -Unique; $p | select -ExpandProperty Name; ($p | select Name, @{n='Old';e={$_.Age -gt 35}})[0]; ($p[0] | select N*, Age -ExcludeProperty Age).PSObject.Properties.Name; 5,6,7 | select -Index 0,2; ($p[0] | select Name).GetType().Name.Length -gt 0`, "1|2|9|10|9|10|4|1|2|Ann|bob|Cid||Name  Old|----  ---|Ann  True|Name|5|7|True"},
		{"Select-Object with both", `[pscustomobject]@{n='v'; p=[pscustomobject]@{x=1}} | select n -ExpandProperty p | % { "$($_.x)$($_.n)" }`, "1v"},
		{"Sort-Object", people + `3,1,2 | sort; 'b','C','a' | sort -Descending; ($p | sort Age).Name; ($p | sort Team, @{e='Age';Descending=$true}).Name; ($p | sort { $_.Name.Length }, Name).Count; 1,3,1 | sort -Unique; '10','9' | sort; 10,9 | sort`, "1|2|3|C|b|a|bob|Cid|Ann|Ann|Cid|bob|3|1|3|10|9|9|10"},
		{"Group-Object", people + `$g = $p | group Team; $g.Count; $g[0].Name; $g[0].Count; $g[0].Group[1].Name; ($p | group Team -AsHashTable -AsString)['b'].Name; 'x','y','x' | group -NoElement | % { "$($_.Name)$($_.Count)" }; ($p | group { $_.Age -gt 10 })[0].Name`, "2|a|2|Cid|bob|x2|y1|True"},
		{"Measure-Object", people + `$m = $p | measure Age -Sum -Average -Maximum -Minimum; $m.Count; $m.Sum; $m.Average; $m.Maximum; $m.Minimum; $m.Property; (1..4 | measure).Count; ('a b','c' | measure -Word).Words; $m.Sum.GetType().Name; (@() | measure).Count`, "3|78|26|41|7|Age|4|3|Double|0"},
		{"Compare-Object", `Compare-Object 1,2 2,3 | % { "$($_.InputObject)$($_.SideIndicator)" }; (Compare-Object 1,2 2,1).Count; Compare-Object 1 1 -IncludeEqual | % SideIndicator`, "3=>|1<=|0|=="},
		{"Write-Output", `Write-Output 1 2; Write-Output 'a b'; echo x; (Write-Output 1,2 -NoEnumerate).Count; 3 | Write-Output`, "1|2|a b|x|2|3"},
		{"variables", `Set-Variable v 5; $v; (Get-Variable v).Value; Get-Variable v -ValueOnly; Remove-Variable v; $v -eq $null; 1,2 | Tee-Object -Variable t; $t.Count`, "5|5|5|True|1|2|2"},
		{"Out-String", `(1,2 | Out-String).Length; ([pscustomobject]@{a=1} | Out-String -Stream)[1]; 'x' | Out-Null; (Get-Date | Out-String).Trim()`, "6|a|Tuesday, March 10, 2026 11:00:00 AM"},
		{"paths", `Join-Path C:\a b; Join-Path C:\a\ \b; Split-Path C:\a\b.txt -Leaf; Split-Path C:\a\b.txt`, `C:\a\b|C:\a\b|b.txt|C:\a`},
		{"New-Object", `(New-Object PSObject -Property @{ A = 1 }).A; (New-Object DateTime 2026,1,2).Day; (New-TimeSpan -Hours 25).Days`, "1|2|1"},
		{"Invoke-Expression", `iex '$z = 2; $z + 1'; $z; Invoke-Command { param($a) $a * 2 } -ArgumentList 4; (Measure-Command { 1 }).TotalSeconds`, "3|2|8|0"},
		{"Get-Random", `(1..50 | Get-Random -Count 50 | sort)[49]; $r = Get-Random -Minimum 3 -Maximum 5; $r -ge 3 -and $r -lt 5; 7 | Get-Random`, "50|True|7"},
		{"Get-Command", `(Get-Command Where-Object).Name; (gcm *-Json).Count; (Get-Command ft).Name; function mine {}; (Get-Command mine).CommandType`, "Where-Object|2|ft -> Format-Table|Function"},
		{"Get-Member", people + `($p[0] | gm -MemberType NoteProperty).Name; ($p | gm Age).Definition; ('x' | gm Length).MemberType`, "Age|Name|Team|int Age=41|Property"},
		{"Select-String", `'abc','xyz','ABD' | Select-String 'ab'; ('a.b' | sls '.' -SimpleMatch).Line; 'x' | sls y -Quiet; ('q','w' | sls -NotMatch q).Line; ('a','b' | sls b).LineNumber`, "|abc|ABD|a.b|w|2"},
		{"CSV", `[pscustomobject]@{a=1;b='x,"y'} | ConvertTo-Csv -NoTypeInformation; ('n,v','a,1','b,"2,3"' | ConvertFrom-Csv)[1].v; ([pscustomobject]@{a=1} | ConvertTo-Csv)[0]`, `"a","b"|"1","x,""y"|2,3|#TYPE System.Management.Automation.PSCustomObject`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, tt.script)
			got := strings.ReplaceAll(strings.TrimRight(r.out, "\n"), "\n", "|")
			if got != tt.want || r.errs != "" {
				t.Errorf("got  %s\nwant %s\nerrors %s", got, tt.want, r.errs)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	tests := []struct{ script, want string }{
		{`@{a=1} | ConvertTo-Json`, "{\n    \"a\":  1\n}\n"},
		{`[ordered]@{a=1;list=@(1,'x');o=@{x=1};e=@()} | ConvertTo-Json`, "{\n    \"a\":  1,\n    \"list\":  [\n                 1,\n                 \"x\"\n             ],\n    \"o\":  {\n              \"x\":  1\n          },\n    \"e\":  [\n\n          ]\n}\n"},
		{`1,2 | ConvertTo-Json`, "[\n    1,\n    2\n]\n"},
		{`[ordered]@{s="<a>'&é"; n=$null; t=$true; f=1.5; w=2.0; q='"\'; nl="` + "`r`n" + `"} | ConvertTo-Json -Compress`, `{"s":"\u003ca\u003e\u0027\u0026é","n":null,"t":true,"f":1.5,"w":2.0,"q":"\"\\","nl":"\r\n"}` + "\n"},
		{`@{d=([datetime]'2026-01-01T00:00:00Z').ToUniversalTime()} | ConvertTo-Json -Compress`, `{"d":"\/Date(1767225600000)\/"}` + "\n"},
		{`@{a=@{b=@{c=@{d=1}}}} | ConvertTo-Json -Compress`, `{"a":{"b":{"c":"System.Collections.Hashtable"}}}` + "\n"},
		{`@{a=@{b=@{c=@{d=1}}}} | ConvertTo-Json -Compress -Depth 4`, `{"a":{"b":{"c":{"d":1}}}}` + "\n"},
		{`(Get-Date).DayOfWeek | ConvertTo-Json`, "2\n"},
		{`ConvertTo-Json @(1) -Compress`, "[1]\n"},
		{`'x' | ConvertTo-Json; @(3) | ConvertTo-Json -Compress`, "\"x\"\n3\n"},
		{`$o = '{"a":1,"b":[1,{"c":"x"}],"d":null,"e":1.5,"f":3000000000}' | ConvertFrom-Json; $o.a; $o.b[1].c; $o.d -eq $null; $o.e; $o.f.GetType().Name; ('[1,2]' | ConvertFrom-Json).Count`, "1\nx\nTrue\n1.5\nInt64\n2\n"},
	}
	for _, tt := range tests {
		r := run(t, tt.script)
		if got := strings.ReplaceAll(r.out, "\r", ""); got != tt.want || r.errs != "" {
			t.Errorf("%s\ngot  %q\nwant %q\nerrors %s", tt.script, got, tt.want, r.errs)
		}
	}
	if r := run(t, `'{"a":' | ConvertFrom-Json`); len(r.records) != 1 || r.records[0].Exception.Type != argumentException {
		t.Errorf("broken JSON: %v", r.errs)
	}
}

func TestStreams(t *testing.T) {
	r := run(t, `Write-Host a b; Write-Host -NoNewline c; Write-Host 1,2 -Separator '+'; Write-Warning w; Write-Warning x -WarningAction SilentlyContinue; Write-Verbose v; Write-Verbose u -Verbose; Write-Progress Act -Status s -PercentComplete 5; Write-Progress Act -Completed; Write-Debug d; 'out'; Write-Information i; & { Write-Error quiet } 2>$null; & { Write-Error e } 2>&1 | % { "caught $_" }`)
	if r.host != "a b\r\nc1+2\r\n" || r.warnings != "w\n" || r.verbose != "u\n" || r.out != "out\ncaught e\n" || r.errs != "" {
		t.Errorf("host %q, warnings %q, verbose %q, out %q, errors %q", r.host, r.warnings, r.verbose, r.out, r.errs)
	}
	if len(r.progress) != 2 || r.progress[0] != (Progress{"Act", "s", 5, false}) || !r.progress[1].Completed {
		t.Errorf("progress %+v", r.progress)
	}
}
