package powershell

import (
	"strings"
	"testing"
)

// TestLanguage runs a script and compares the text of what it puts out, one
// object a line. No case may write an error.
func TestLanguage(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"numbers", `1; 0x1F; 1KB; 1.5MB; 2gb; 3e2; 10L; -5; 1e20; 0.1 + 0.2; 1/3; 100000000000000000000`, "1|31|1024|1572864|2147483648|300|10|-5|1E+20|0.3|0.333333333333333|1E+20"},
		{"arithmetic", `5 + '3'; '5' + 3; '3' * 2; 10 / 4; 10 / 5; 7 % 3; -7 % 3; 2147483647 + 1; (2147483647 + 1).GetType().Name; 2 + 3 * 4; (2 + 3) * 4; 5 - '2'; $null + 1`, "8|53|33|2.5|2|1|-1|2147483648|Double|14|20|3|1"},
		{"rounding casts", `[int]2.5; [int]3.5; [int]-2.5; [int]'0x10'; [int]' 7 '; [int]$true; [long]3e9; [double]'1.5'; [byte]255`, "2|4|-2|16|7|1|3000000000|1.5|255"},
		{"strings", `$a = 'x'; "a $a b"; 'a $a b'; "it's"; 'it''s'; "say ""hi"""; "tab` + "`t" + `end"; "$($a.Length + 1)"; "${a}b"; "$a[0]"; "$a.b"; "` + "`$a" + `"; "$"; "50$"`, "a x b|a $a b|it's|it's|say \"hi\"|tab\tend|2|xb|x[0]|x.b|$a|$|50$"},
		{"here-strings", "$a = 1\n@\"\nline $a\n \"q\" 'q'\n\"@\n@'\nraw $a\n'@\n@'\n'@ + 'empty'", "line 1| \"q\" 'q'|raw $a|empty"},
		{"arrays", `$a = 1,2,3; $a.Count; $a[0]; $a[-1]; $a[5]; $a[0,2] -join '+'; @().Count; @(1).Count; @($null).Count; (,1).Count; $b = @(); $b += 1; $b += 2,3; $b -join ','; $a[1] = 9; "$a"`, "3|1|3|1+3|0|1|1|1|1,2,3|1 9 3"},
		{"ranges", `1..4 -join ','; 3..1 -join ','; (1..3)[1]; $n = 2; 1..$n -join ','; -1..1 -join ','`, "1,2,3,4|3,2,1|2|1,2|-1,0,1"},
		{"hashtables", `$h = @{ a = 1; 'b c' = 2; 3 = 'x' }; $h.a; $h.A; $h['b c']; $h[3]; $h.Count; $h.d = 4; $h['d']; $h.ContainsKey('D'); $h.Remove('a'); $h.Keys.Count; ($h + @{z=1}).Count; foreach ($e in $h.GetEnumerator()) { "$($e.Key)=$($e.Value)" }`, "1|1|2|x|3|4|True|3|4|b c=2|3=x|d=4"},
		{"ordered", `$o = [ordered]@{ z = 1; a = 2 }; $o.Keys -join ','; $o[0]; $o['a']; $o.GetType().Name`, "z,a|1|2|OrderedDictionary"},
		{"custom objects", `$o = [pscustomobject]@{ N = 'x'; V = 1 }; $o.N; $o.n = 'y'; "$o"; $o.PSObject.Properties.Name -join ','; ($o | Add-Member Z 3 -MemberType NoteProperty -PassThru).Z`, "x|@{N=y; V=1}|N,V|3"},
		{"comparison", `1 -eq '1'; '1' -eq 1; 'A' -eq 'a'; 'A' -ceq 'a'; 'a' -ne 'b'; 2 -gt 1; '10' -lt '9'; 10 -lt '9'; $null -eq 0; 'x' -ge 'X'`, "True|True|True|False|True|True|True|False|False|True"},
		{"filters", `(1,2,3,4) -gt 2 -join ','; ('a','b','A') -eq 'a' -join ','; ('ab','b') -like 'a*'; (1,2) -ne 1; ('x1','y').Count -match 2`, "3,4|a,A|ab|2|True"},
		{"like and match", `'Node-01' -like 'node-*'; 'a' -notlike 'b'; 'abc' -clike 'A*'; 'a[b' -like 'a` + "`" + `[*'; 'abc' -like '[a-c]?c'; 'k=v' -match '(?<k>\w)=(?<v>\w)'; $Matches.k + $Matches['v'] + $Matches[0]; 'x' -notmatch 'y'; 'ü' -like '?'`, "True|True|False|True|True|True|kvk=v|True|True"},
		{"where in a list", `[array]::IndexOf(@(0, 1, 4, 3, 2), [int]'4'); [array]::IndexOf(('a', 'b'), 'b'); [array]::IndexOf(('a', 'b'), 'B'); [Array]::IndexOf(@(1), 7)`, "2|1|-1|-1"},
		{"membership", `'b' -in 'a','B'; 'c' -notin 'a','b'; 1,2 -contains 2; 1,2 -notcontains 3; 'a','b' -ccontains 'B'`, "True|True|True|True|False"},
		{"logic", `$true -and $false; $true -or $(throw 'not asked'); !1; -not ''; $true -xor $true; (-not $true) -or $true; [bool]@(); [bool]@(0); [bool]@(0,0); [bool]'0'; [bool]0.0`, "False|True|False|True|False|True|False|False|True|True|False"},
		{"bits", `5 -band 4; 1 -bor 6; 5 -bxor 1; -bnot 0; 1 -shl 4; 256 -shr 2; 0xFF`, "4|7|4|-1|16|64|255"},
		{"join and split", `'a','b' -join '-'; -join ('a','b'); 'a,b;c' -split '[,;]'; -split ' x  y '; 'a.b.c' -split '\.', 2; 'a|b'.Split('|'); 'aXbxc' -csplit 'x' -join '/'; 'a-b' -split '(-)' -join '/'`, "a-b|ab|a|b|c|x|y|a|b.c|a|b|aXb/c|a/-/b"},
		{"replace", `'abc' -replace 'B','x'; 'abc' -creplace 'B','x'; '2026-03' -replace '(\d+)-(\d+)','$2/$1'; 'a.b'.Replace('.', '-'); 'aa' -replace 'a'; 'x','y' -replace 'x','z'; 'cost' -replace 's','$$'`, "axc|abc|03/2026|a-b||z|y|co$t"},
		{"format", `'{0} {1}' -f 'a',2; '{0:N2}' -f 1234567.891; '{0:d4}|{0,6}|{0,-4}|' -f 42; '{0:X}' -f 255; '{0:P1}' -f 0.256; '{0:0.00} {0:#,##0}' -f 1234.5; '{{x}}' -f 1; '{0:yyyy-MM-dd HH:mm}' -f [datetime]'2026-03-10 11:05'; '{0:C}' -f 2.5; '{0:E2}' -f 1234; '{0:00}:{1:00}' -f 5,7; '{0:F1}' -f 2.25; '{0:N0}' -f 0.5; '{0:g}' -f 3`, "a 2|1,234,567.89|0042|    42|42  ||FF|25.6 %|1234.50 1,235|{x}|2026-03-10 11:05|$2.50|1.23E+003|05:07|2.3|1|3"},
		{"type operators", `1 -is [int]; 'a' -is [string]; 1.0 -is [double]; @() -is [array]; (1,2) -is [object]; $null -is [string]; '5' -as [int]; ('x' -as [int]) -eq $null; (Get-Date) -isnot [string]; [pscustomobject]@{} -is [pscustomobject]`, "True|True|True|True|True|False|5|True|True|True"},
		{"if", `if (0) { 'a' } elseif ('x') { 'b' } else { 'c' }; if (@()) { 1 } else { 2 }; $x = if ($true) { 'v' }; $x`, "b|2|v"},
		{"loops", `foreach ($i in 1..5) { if ($i -eq 2) { continue }; if ($i -eq 4) { break }; $i }; $i = 0; while ($i -lt 2) { $i++; "w$i" }; do { $i-- } while ($i -gt 0); $i; for ($k = 0; $k -lt 2; $k++) { "k$k" }; do { $i++ } until ($i -eq 3); $i; foreach ($z in $null) { 'never' }`, "1|3|w1|w2|0|k0|k1|3"},
		{"labels", `:outer foreach ($a in 1..3) { foreach ($b in 1..3) { if ($b -eq 2) { continue outer }; if ($a -eq 3) { break outer }; "$a$b" } }`, "11|21"},
		{"switch", `switch (2) { 1 { 'one' } 2 { 'two' } 2 { 'again' } default { 'none' } }; switch -Wildcard ('abc') { 'a*' { "w $_"; break } 'b*' { 'no' } default { 'no' } }; switch -Regex ('x9') { '\d' { $Matches[0] } }; switch (1,5) { { $_ -gt 3 } { "big $_" } default { "small $_" } }; switch ('q') { 'Q' { 'case' } }`, "two|again|w abc|9|small 1|big 5|case"},
		{"functions", `function add([int]$a, $b = 5) { $a + $b }; add 3; add -b 1 -a 2; add '4' 4; function all { $args.Count; "$args" }; all 1 2 3; function ret { 1; return 2; 3 }; ret; function noargs() { 'none' }; noargs`, "8|3|8|3|1 2 3|1|2|none"},
		{"advanced functions", `function f { [CmdletBinding()] param([Parameter(Mandatory=$true, Position=0)][string]$Name, [switch]$Force, [ValidateSet('a','b')]$Kind = 'a') "$Name $Force $Kind" }; f x; f -n y -f -k b; f -Name z -Force:$false; $p = @{ Name = 's'; Force = $true }; f @p`, "x False a|y True b|z False a|s True a"},
		{"pipeline functions", `function dbl { process { $_ * 2 } }; 1..3 | dbl; function tot { $s = 0; foreach ($x in $input) { $s += $x }; $s }; 1..4 | tot; function b { begin { 'b' } process { $_ } end { 'e' } }; 'x' | b; function p { param([Parameter(ValueFromPipeline)]$v) process { "v$v" } }; 1,2 | p`, "2|4|6|10|b|x|e|v1|v2"},
		{"scopes", `$v = 1; function f { $v = 2; $v; $script:v = 3; $global:w = 4 }; f; $v; $w; & { $v = 9 }; $v; . { $v = 8 }; $v`, "2|3|4|3|8"},
		{"script blocks", `$sb = { param($a, $b) "$a+$b" }; & $sb 1 2; $sb.Invoke(3, 4); & { $args[1] } 5 6; 1..2 | & { process { $_ + 10 } }; [scriptblock]::Create('1 + 1').Invoke()`, "1+2|3+4|6|11|12|2"},
		{"recursion", `function fact($n) { if ($n -le 1) { return 1 }; $n * (fact ($n - 1)) }; fact 10`, "3628800"},
		{"methods", `'Hello'.ToUpper(); 'Hello'.Substring(1, 3); ' x '.Trim(); 'a,b'.Split(',').Count; 'abc'.IndexOf('c'); 'x'.PadLeft(3, '0'); 'abc'.Contains('B'); 'abc'.StartsWith('ab'); 'abc'.Insert(1,'-'); 'abc'.Remove(1); 'a\b'.LastIndexOf('\'); (5).ToString('000'); 'ABC'.StartsWith('ab', 'OrdinalIgnoreCase'); 'xyz'[1]; 'q'.Length`, "HELLO|ell|x|2|2|00x|False|True|a-bc|a|1|005|True|y|1"},
		{"dates", `$d = [datetime]'2026-03-10 11:05:09'; $d.Year; $d.DayOfWeek; $d.AddHours(13).ToString('yyyy-MM-dd HH:mm'); $d.AddMonths(-1).Day; ($d - [datetime]'2026-03-09').TotalHours; $d.ToString('o'); $d.ToString('MMM d h:mm tt'); ([datetime]'2026-01-31').AddMonths(1).Day; $d -gt '2026-01-01'; "$d"; $d.Date.Hour; (New-TimeSpan -Start $d -End $d.AddDays(2)).Days; ($d + [timespan]'1:00').Hour`, "2026|Tuesday|2026-03-11 00:05|10|35.0858333333333|2026-03-10T11:05:09.0000000|Mar 10 11:05 AM|28|True|03/10/2026 11:05:09|0|2|12"},
		{"clock", `(Get-Date).Hour; [datetime]::UtcNow.ToString('o'); [datetime]::Now.Kind; [datetime]::UtcNow.Kind; (Get-Date).ToUniversalTime().ToString('o'); Get-Date -Format 'yyyy/MM/dd'; Get-Date -UFormat '%Y-%m-%d %H:%M'; (Get-Date -Year 2020 -Month 2 -Day 3).ToString('d'); Get-Date '1/2/2026' -Format s`, "11|2026-03-10T11:00:00.0000000Z|Local|Utc|2026-03-10T11:00:00.0000000Z|2026/03/10|2026-03-10 11:00|2/3/2020|2026-01-02T00:00:00"},
		{"static members", `[math]::Round(2.5); [math]::Round(3.14159, 2); [math]::Max(3, 7); [math]::Floor(-1.5); [math]::Abs(-4); [string]::Join('-', 1, 2); [string]::IsNullOrEmpty(''); [string]::IsNullOrWhiteSpace(' '); [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes('hi')); [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('aGk=')); [Environment]::MachineName; [guid]::NewGuid().ToString().Length; [int]::MaxValue; [math]::PI -gt 3.14; [string]::Format('{0}!', 'a')`, "2|3.14|7|-2|4|1-2|True|True|aABpAA==|hi|LOCALHOST|36|2147483647|True|a!"},
		{"member enumeration", `$l = [pscustomobject]@{n=1}, [pscustomobject]@{n=2}; $l.n -join ','; ('a','bc').Length; ('a','bc').ToUpper() -join ''; $l.missing -eq $null; (1..3).ForEach({ $_ * 2 }) -join ','; (1..4).Where({ $_ -gt 2 }) -join ','`, "1,2|2|ABC|True|2,4,6|3,4"},
		{"lists", `$l = [Collections.Generic.List[string]]::new(); $l.Add('a'); $l.Add('b'); $l.Count; $l -join ','; $a = New-Object System.Collections.ArrayList; [void]$a.Add(3); $a.Count; $l.Contains('b'); $l.Remove('a'); "$l"`, "2|a,b|1|True|True|b"},
		{"assignment forms", `$a, $b = 1, 2; "$a$b"; $x, $y = 1, 2, 3; "$x|$y"; $n = 5; $n += 2; $n -= 1; $n *= 3; $n /= 2; $n; $n %= 4; $n; $i = 1; $i++; ++$i; $i; [int]$t = '7'; $t = '8'; $t.GetType().Name; $s = 'a'; $s += 'b'; $s; ($q = 3) + 1; $h = @{}; $h.a += 1; $h.a`, "12|1|2 3|9|1|3|Int32|ab|4|1"},
		{"automatic variables", `$true; $false; $null -eq $nothing; $PSVersionTable.PSVersion.Major; $PSVersionTable['PSVersion'].ToString(); $env:COMPUTERNAME; $pshome.Length -gt 5; $PSCulture; $env:NOPE -eq $null; $env:MY = 'x'; $env:MY`, "True|False|True|5|5.1.20348.2110|LOCALHOST|True|en-US|True|x"},
		{"comments", "1 # one\n<# two\nlines #> 2\n'a#b' # c\n1,\n2 | # here\nForEach-Object { $_ }", "1|2|a#b|1|2"},
		{"line continuation", "1 +\n2\n'a' `\n  + 'b'\n1,2 |\n  Select-Object -First 1", "3|ab|1"},
		{"versions", `[version]'1.10' -gt [version]'1.9'; ([version]'10.0.20348').Build; '1.10' -gt '1.9'; [version]'1.2' -eq '1.2'`, "True|20348|False|True"},
		{"nesting", `$a = @{ x = @( @{ y = 5 } ) }; $a.x[0].y; @(@(1,2),@(3))[0].Count; ((1..3 | ForEach-Object { $_ * 2 }) | Measure-Object -Sum).Sum`, "5|2|12"},
		{"stringification", `"$(1,2)"; "$true"; "$([int])"; "$(@{})"; "$null|"; [string](1,2,3); [string]1.5; "$(Get-Date '2026-03-10')"; { a b }.ToString(); "$([timespan]'1.02:03:04')"`, "1 2|True|System.Int32|System.Collections.Hashtable|||1 2 3|1.5|03/10/2026 00:00:00| a b|1.02:03:04"},
		{"parameters like -5", `function f { "$args" }; f -5 a-b 3x -x:1 'q r' $null.x C:\dir\file.txt a,b`, "-5 a-b 3x -x: 1 q r  C:\\dir\\file.txt System.Object[]"},
		{"arguments expand", `$n = 'x'; Write-Output $n.Length $n[0] "$n!" pre$n-post $(1+1) (2+2) @(5) '-join'`, "1|x|x!|prex-post|2|4|5|-join"},
		{"enumerations", `(Get-Date).DayOfWeek -eq 'Tuesday'; (Get-Date).DayOfWeek -eq 2; [DayOfWeek]::Friday; [int][DayOfWeek]::Friday`, "True|True|Friday|5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, tt.script)
			got := strings.ReplaceAll(strings.TrimSuffix(r.out, "\n"), "\n", "|")
			if got != tt.want || r.errs != "" {
				t.Errorf("got  %s\nwant %s\nerrors %s", got, tt.want, r.errs)
			}
		})
	}
}
