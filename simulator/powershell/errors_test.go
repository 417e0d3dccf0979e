package powershell

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestErrorText compares whole error records as the console prints them.
func TestErrorText(t *testing.T) {
	tests := []struct{ script, want string }{
		{"Get-Foo", `Get-Foo : The term 'Get-Foo' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.
At line:1 char:1
+ Get-Foo
+ ~~~~~~~
    + CategoryInfo          : ObjectNotFound: (Get-Foo:String) [], CommandNotFoundException
    + FullyQualifiedErrorId : CommandNotFoundException

`},
		{"$x = 5\n  1 / 0", `Attempted to divide by zero.
At line:2 char:3
+   1 / 0
+   ~~~~~
    + CategoryInfo          : NotSpecified: (:) [], RuntimeException
    + FullyQualifiedErrorId : RuntimeException

`},
		{"throw 'stop'", `stop
At line:1 char:1
+ throw 'stop'
+ ~~~~~~~~~~~~
    + CategoryInfo          : OperationStopped: (stop:String) [], RuntimeException
    + FullyQualifiedErrorId : stop

`},
		{"Write-Error 'bad'", `Write-Error 'bad' : bad
    + CategoryInfo          : NotSpecified: (:) [Write-Error], WriteErrorException
    + FullyQualifiedErrorId : Microsoft.PowerShell.Commands.WriteErrorException

`},
		{"function f { Write-Error 'bad' }\nf", `f : bad
At line:2 char:1
+ f
+ ~
    + CategoryInfo          : NotSpecified: (:) [Write-Error], WriteErrorException
    + FullyQualifiedErrorId : Microsoft.PowerShell.Commands.WriteErrorException,f

`},
		{"1 | Select-Object -Nope", `Select-Object : A parameter cannot be found that matches parameter name 'Nope'.
At line:1 char:19
+ 1 | Select-Object -Nope
+                   ~~~~~
    + CategoryInfo          : InvalidArgument: (:) [Select-Object], ParameterBindingException
    + FullyQualifiedErrorId : NamedParameterNotFound,Microsoft.PowerShell.Commands.SelectObjectCommand

`},
		{"if (1 { 2 }", `At line:1 char:6
+ if (1 { 2 }
+      ~
Missing closing ')' after expression in 'if' statement.
    + CategoryInfo          : ParserError: (:) [], ParentContainsErrorRecordException
    + FullyQualifiedErrorId : MissingEndParenthesisAfterStatement

`},
		{"'a' | Measure-Object -Sum", `Measure-Object : Input object "a" is not numeric.
At line:1 char:7
+ 'a' | Measure-Object -Sum
+       ~~~~~~~~~~~~~~~~~~~
    + CategoryInfo          : InvalidType: (a:String) [Measure-Object], PSInvalidCastException
    + FullyQualifiedErrorId : NonNumericInputObject,Microsoft.PowerShell.Commands.MeasureObjectCommand

`},
	}
	for _, tt := range tests {
		r := run(t, tt.script)
		if r.errs != tt.want {
			t.Errorf("%s\ngot\n%swant\n%s", tt.script, r.errs, tt.want)
		}
	}
}

// TestErrorIDs checks what kind of error comes of a script, and that it is the
// only one.
func TestErrorIDs(t *testing.T) {
	tests := []struct{ script, id, message string }{
		{"[int]'abc'", "InvalidCastFromStringToInteger", `Cannot convert value "abc" to type "System.Int32".`},
		{"$null.Foo()", "InvokeMethodOnNull", "You cannot call a method on a null-valued expression."},
		{"'x'.Foo()", "MethodNotFound", "[System.String] does not contain a method named 'Foo'"},
		{"[Nope]::X", "TypeNotFound", "Unable to find type [Nope]."},
		{"$null[0]", "NullArray", "Cannot index into a null array."},
		{"$a = 1,2; $a[5] = 1", "System.IndexOutOfRangeException", "outside the bounds"},
		{"$o = [pscustomobject]@{a=1}; $o.b = 2", "ExceptionWhenSetting", "The property 'b' cannot be found on this object"},
		{"'x'.Length = 4", "PropertyAssignmentException", "The property 'Length' cannot be found"},
		{"$true = 5", "VariableNotWritable", "Cannot overwrite variable true"},
		{"(1,2).Add(3)", "NotSupportedException", "Collection was of a fixed size."},
		{"@{a=1;A=2}", "DuplicateKeyInHashLiteral", "Duplicate keys 'A'"},
		{"'a' -match '('", "System.ArgumentException", "parsing"},
		{"'a' -match '(?=b)'", "NotSupported", "'(?=' in a regular expression is not supported"},
		{"'{5}' -f 1", "FormatError", "Index (zero based)"},
		{"'a'.Substring(9)", "ArgumentOutOfRangeException", "startIndex cannot be larger"},
		{"'a' * -1", "System.ArgumentOutOfRangeException", "out of the range"},
		{"[datetime]'nonsense'", "InvalidCastParseTargetInvocation", "not recognized as a valid DateTime"},
		{"1 -gt 'x'", "ComparisonFailure", "Could not compare"},
		{"[decimal]1", "NotSupported", "System.Decimal"},
		{"[xml]'<a/>'", "NotSupported", "System.Xml.XmlDocument"},
		{"1 > out.txt", "DriveNotFound", "Cannot find a drive for the path 'out.txt'."},
		{"class X { }", "NotSupported", "'class' statement"},
		{"Get-Random -Minimum 5 -Maximum 1", "MinGreaterThanOrEqualMax,Microsoft.PowerShell.Commands.GetRandomCommand", "cannot be greater"},
		{"Sort-Object -D -P a -Foo", "NamedParameterNotFound,Microsoft.PowerShell.Commands.SortObjectCommand", "'Foo'"},
		{"Select-Object -S 1", "AmbiguousParameter,Microsoft.PowerShell.Commands.SelectObjectCommand", "-Skip -SkipLast"},
		{"Start-Sleep abc", "CannotConvertArgumentNoMessage,Microsoft.PowerShell.Commands.StartSleepCommand", "Cannot bind parameter 'Seconds'"},
		{"Write-Warning", "MissingMandatoryParameter,Microsoft.PowerShell.Commands.WriteWarningCommand", "missing mandatory parameters: Message"},
		{"Join-Path a", "MissingMandatoryParameter,Microsoft.PowerShell.Commands.JoinPathCommand", "ChildPath"},
		{"Get-Variable nosuch", "VariableNotFound,Microsoft.PowerShell.Commands.GetVariableCommand", "Cannot find a variable"},
		{"function f([int]$n) { $n }; f abc", "ParameterArgumentTransformationError,f", "Cannot process argument transformation on parameter 'n'"},
		{"function f([ValidateRange(0, 3650)][int]$Days = -1) { $Days }; f; f 4000", "ParameterArgumentValidationError,f", "Cannot validate argument on parameter 'Days'. The 4000 argument is greater than the maximum allowed range of 3650. Supply an argument that is less than or equal to 3650 and then try the command again."},
		{"function f([ValidateRange(-5,5)]$n) { $n }; f -5; f -6", "ParameterArgumentValidationError,f", "The -6 argument is less than the minimum allowed range of -5. Supply an argument that is greater than or equal to -5 and then try the command again."},
		{"function f([ValidateRange(1,5)]$n) { $n }; f 1, 5; f 1, 9", "ParameterArgumentValidationError,f", "The 9 argument is greater than"},
		{"function f([ValidateRange(1,5)]$n) { $n }; f '3'; f abc", "ParameterArgumentValidationError,f", "The argument cannot be validated because its type \"String\" is not the same type (Int32)"},
		{"function f([ValidateSet('CPU', 'Memory')][string]$By) { $By }; f cpu; f Disk", "ParameterArgumentValidationError,f", `Cannot validate argument on parameter 'By'. The argument "Disk" does not belong to the set "CPU,Memory" specified by the ValidateSet attribute. Supply an argument that is in the set and then try the command again.`},
		{"function f([ValidatePattern('^[a-z]{2}$')][string]$s) { $s }; f AB; f a1", "ParameterArgumentValidationError,f", `The argument "a1" does not match the "^[a-z]{2}$" pattern. Supply an argument that matches "^[a-z]{2}$" and try the command again.`},
		{"function f([ValidateNotNullOrEmpty()][string]$s) { $s }; f; f x; f ''", "ParameterArgumentValidationError,f", "The argument is null or empty. Provide an argument that is not null or empty, and then try the command again."},
		{"function f([ValidateNotNull()]$s) { $s }; f ''; f $null", "ParameterArgumentValidationError,f", "The argument is null. Provide a valid value for the argument, and then try running the command again."},
		{"function f([Parameter(Mandatory)][string]$s) { $s }; f", "MissingMandatoryParameter,f", "missing mandatory parameters: s."},
		{"function f([Parameter(Mandatory)][string]$s) { $s }; f ''", "ParameterArgumentValidationErrorEmptyStringNotAllowed,f", "Cannot bind argument to parameter 's' because it is an empty string."},
		{"function f([Parameter(Mandatory)]$s) { $s }; f $null", "ParameterArgumentValidationErrorNullNotAllowed,f", "Cannot bind argument to parameter 's' because it is null."},
		{"function f([Parameter(Mandatory)][AllowEmptyString()][string]$s, [Parameter(Mandatory)][AllowNull()]$n) { $s }; f '' $null; f '' -n", "MissingArgument,f", "Missing an argument for parameter 'n'"},
		{"function f([ValidateRange([int]::MinValue, 5)]$n) { $n }; f 1", "NotSupported", "validaterange"},
		{"[array]::IndexOf(@(1))", "MethodCountCouldNotFindBest", "IndexOf"},
		{"function f { f }; f", "CallDepthOverflow", "call depth overflow"},
		{"& 'no such'", "CommandNotFoundException", "'no such'"},
		{"& $null", "BadExpression", "after '&'"},
		{"[ordered]5", "InvalidCastParseTargetInvocation", "Cannot convert"},
		{"1 | 2", "ExpressionsMustBeFirstInPipeline", "first element"},
		{"$x.y.z()", "InvokeMethodOnNull", "null-valued"},
		{"throw [System.ArgumentException]'own'", "own", "own"},
		{"Get-Process | Select -First 1", "CommandNotFoundException", "'Get-Process'"},
		{"Get-Date 2026-01-01 extra", "PositionalParameterNotFound,Microsoft.PowerShell.Commands.GetDateCommand", "accepts argument 'extra'"},
	}
	for _, tt := range tests {
		r := run(t, tt.script)
		if len(r.records) != 1 || r.records[0].ID != tt.id || !strings.Contains(r.records[0].Message(), tt.message) {
			t.Errorf("%s\ngot  %s\nwant %s %s", tt.script, r.errs, tt.id, tt.message)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ script, id string }{
		{"'open", "TerminatorExpectedAtEndOfString"}, {`"open`, "TerminatorExpectedAtEndOfString"}, {"(1", "MissingEndParenthesisInExpression"}, {"{ 1", "MissingEndCurlyBrace"},
		{"@{a=", "MissingStatementAfterKeyInHash"}, {"@{a}", "MissingEqualsInHashLiteral"}, {"1 +", "ExpectedValueExpression"}, {"1,", "MissingExpressionAfterToken"}, {"1 |", "EmptyPipeElement"},
		{"if", "MissingOpenParenthesisInIfStatement"}, {"if (1)", "MissingStatementBlock"}, {"try { 1 }", "MissingCatchOrFinally"}, {"$a[", "ExpectedExpression"}, {"$a[]", "MissingArrayIndexExpression"},
		{"1 2", "UnexpectedToken"}, {")", "UnexpectedToken"}, {"}", "UnexpectedToken"}, {"5 = 6", "InvalidLeftHandSide"}, {"foreach (x in 1) {}", "MissingVariableNameAfterForeach"}, {"a && b", "InvalidEndOfLine"},
		{"\"$a: b\"", "InvalidVariableReferenceWithDrive"}, {"1 -foo 2", "UnexpectedToken"}, {"<# open", "MissingTerminatorMultiLineComment"}, {"function { }", "MissingNameAfterKeyword"}, {"do { } 1", "MissingWhileOrUntilInDoWhile"},
		{strings.Repeat("(", 1000), "ScriptTooComplicated"}, {strings.Repeat("{", 1000), "ScriptTooComplicated"}, {strings.Repeat("!", 1000) + "1", "ScriptTooComplicated"}, {"1" + strings.Repeat("+1", 5000), "ScriptTooComplicated"},
	}
	for _, tt := range tests {
		r := run(t, "'before'\n"+tt.script)
		if len(r.records) != 1 || r.records[0].ID != tt.id || r.records[0].Category != "ParserError" || r.out != "" || r.code != 1 {
			t.Errorf("%.40s\ngot  %.600s (code %d, out %q)\nwant %s", tt.script, r.errs, r.code, r.out, tt.id)
		}
	}
}

// TestErrorFlow tells statement-terminating, script-terminating and
// non-terminating errors apart.
func TestErrorFlow(t *testing.T) {
	tests := []struct {
		script, out string
		errors      int
		code        int
	}{
		{"1/0; 'on'", "on", 1, 0},
		{"'on'; 1/0", "on", 1, 1},
		{"Get-Foo; 'on'", "on", 1, 0},
		{"throw 'x'; 'never'", "", 1, 1},
		{"Write-Error x; 'on'", "on", 1, 0},
		{"Write-Error x; $?; $?", "False|True", 1, 0},
		{"Write-Error x -ErrorAction Stop; 'never'", "", 1, 1},
		{"Write-Error x -ErrorAction SilentlyContinue; $?", "False", 0, 0},
		{"Write-Error x -ErrorAction Ignore; $Error.Count", "0", 0, 0},
		{"$ErrorActionPreference = 'Stop'; Write-Error x; 'never'", "", 1, 1},
		{"$ErrorActionPreference = 'Stop'; 1/0; 'never'", "", 1, 1},
		{"$ErrorActionPreference = 'SilentlyContinue'; Get-Foo; 'on'", "on", 0, 0},
		{"try { 1/0; 'never' } catch { \"c $_\" }; 'on'", "c Attempted to divide by zero.|on", 0, 0},
		{"try { Write-Error x } catch { 'no' }; 'on'", "on", 1, 0},
		{"try { Write-Error x -EA Stop } catch { 'yes' }", "yes", 0, 0},
		{"try { throw 'a' } catch { 'c' } finally { 'f' }", "c|f", 0, 0},
		{"try { 'b' } finally { 'f' }", "b|f", 0, 0},
		{"try { throw 'a' } finally { 'f' }", "f", 1, 1},
		{"try { try { throw 'in' } catch { throw \"out $_\" } } catch { \"$_\" }", "out in", 0, 0},
		{"try { throw 'r' } catch { try { throw } catch { \"again $_\" } }", "again r", 0, 0},
		{"try { [int]'x' } catch [System.ArgumentException] { 'arg' } catch { 'all' }", "all", 0, 0},
		{"try { throw [System.ArgumentException]::new('m') } catch [System.InvalidOperationException] { 'no' } catch [System.ArgumentException] { $_.Exception.Message }", "m", 0, 0},
		{"try { Get-Foo } catch [System.Management.Automation.CommandNotFoundException] { $_.CategoryInfo.Category }", "ObjectNotFound", 0, 0},
		{"function f { throw 'deep' }; try { f } catch { $_.InvocationInfo.ScriptLineNumber; $_.FullyQualifiedErrorId }", "1|deep", 0, 0},
		{"Write-Error x -ErrorVariable ev 2>$null; $ev.Count; $Error.Count; $Error[0].Exception.Message", "1|1|x", 0, 0},
		{"exit 7; 'never'", "", 0, 7},
		{"function f { exit 3 }; f; 'never'", "", 0, 3},
		{"1..3 | ForEach-Object { if ($_ -eq 2) { Write-Error e }; $_ }", "1|2|3", 1, 0},
		{"foreach ($i in 1,2) { 1/0; \"i$i\" }", "i1|i2", 2, 0},
		{"$x = 5; $x = 1/0; $x", "5", 1, 0},
		{"1..5 | % { $_; if ($_ -eq 2) { throw 'enough' } }; 'never'", "1|2", 1, 1},
		{"function g { [CmdletBinding()] param() Write-Error q }; g -ErrorAction SilentlyContinue; 'on'", "on", 0, 0},
		{"$LASTEXITCODE -eq $null; $Error.Count", "True|0", 0, 0},
		{"return 1; 2", "1", 0, 0},
	}
	for _, tt := range tests {
		r := run(t, tt.script)
		got := strings.ReplaceAll(strings.TrimSpace(r.out), "\n", "|")
		if got != tt.out || len(r.records) != tt.errors || r.code != tt.code {
			t.Errorf("%s\ngot  %q, %d errors, code %d\nwant %q, %d errors, code %d\n%s", tt.script, got, len(r.records), r.code, tt.out, tt.errors, tt.code, r.errs)
		}
	}
}

func TestLimits(t *testing.T) {
	o := Options{MaxSteps: 20_000, MaxOutput: 10_000, MaxMemory: 1 << 20}
	tests := []struct{ script, id string }{
		{"while ($true) { }", "StepLimit"},
		{"for (;;) { $i++ }", "StepLimit"},
		{"1..100000000 | Out-Null", "MemoryLimit"},
		{"$s = 'x'; while ($true) { $s += $s }", "MemoryLimit"},
		{"'x' * 2000000000", "MemoryLimit"},
		{"try { 'x' * 2000000000 } catch { } finally { 'cleanup' }", "MemoryLimit"},
		{"'x'.PadLeft(2000000000)", "MemoryLimit"},
		{"1..2000", "OutputLimit"},
		{"$o = [pscustomobject]@{}; 1..60 | % { $o | Add-Member \"p$_\" $o -MemberType NoteProperty }; $o | ConvertTo-Json -Depth 100 -Compress | Out-Null", "MemoryLimit"},
		{"$a = @(1); while ($true) { $a += $a }", "MemoryLimit"},
	}
	for _, tt := range tests {
		r := runWith(t, t.Context(), o, tt.script)
		if len(r.records) == 0 || r.records[len(r.records)-1].ID != tt.id || r.code != 1 {
			t.Errorf("%s\ngot %.300s code %d, want %s", tt.script, r.errs, r.code, tt.id)
		}
	}
	if r := runWith(t, t.Context(), o, "'still works'"); r.out != "still works\n" {
		t.Errorf("after limits: %q", r.out)
	}
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, script := range []string{"Start-Sleep 3600", "while ($true) { Start-Sleep -Milliseconds 10 }", "1..1000 | % { Start-Sleep 10; $_ } | Out-Null", "try { Start-Sleep 100 } finally { Start-Sleep 100 }"} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			start := time.Now()
			r := runWith(t, ctx, Options{Now: time.Now}, script+"; 'never'")
			if got := time.Since(start); got != 2*time.Second || strings.Contains(r.out, "never") {
				t.Errorf("%s ended after %v with %q", script, got, r.out)
			}
			cancel()
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if r := runWith(t, ctx, Options{}, "while ($true) { }"); r.code != 1 {
			t.Errorf("a busy loop under a dead context: %d", r.code)
		}
	})
}

// TestStateStays: variables and functions of one Run are there in the next.
func TestStateStays(t *testing.T) {
	in := New(Options{Now: func() time.Time { return noon }})
	runIn(t.Context(), in, "$x = 5; function f { $x + 1 }")
	if r := runIn(t.Context(), in, "f; $x"); r.out != "6\n5\n" {
		t.Errorf("second run: %q %s", r.out, r.errs)
	}
	if r := runIn(t.Context(), in, "param($a, $b) \"$a|$($b.k)\"", "v", func() *Hash { h := NewHash(); h.Set("k", 2); return h }()); r.out != "v|2\n" {
		t.Errorf("arguments: %q %s", r.out, r.errs)
	}
	if r := runIn(t.Context(), in, "$args[0] + 1", 4); r.out != "5\n" {
		t.Errorf("$args: %q %s", r.out, r.errs)
	}
}
