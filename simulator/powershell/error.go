package powershell

import (
	"errors"
	"fmt"
	"strings"
)

// Exception is the .NET exception inside an ErrorRecord.
type Exception struct {
	Type    string // full name, e.g. "System.Management.Automation.RuntimeException"
	Message string
	HResult int32
}

// ErrorRecord is an error as PowerShell keeps it.
type ErrorRecord struct {
	Exception Exception
	// ID is the FullyQualifiedErrorId, e.g. "CommandNotFoundException".
	ID string
	// Category is the ErrorCategory, e.g. "ObjectNotFound".
	Category   string
	Target     any    // the object the error is about, nil: none
	TargetText string // the target's name and type in CategoryInfo; made from Target if empty
	Activity   string // the cmdlet that wrote it, "" for an expression
	// Line and Char (from 1) are where it happened, Line 0: not known yet, -1:
	// nowhere. Source is
	// the line's text and Length how many characters of it are to blame.
	Line, Char, Length int
	Source             string
	// Blame is what stands before the message: the command's name.
	Blame string
	// Parse marks an error found before anything ran.
	Parse bool
	// Details replaces the exception's message for people, "" for none.
	Details string
}

// Message is what is shown to people.
func (e *ErrorRecord) Message() string {
	if e.Details != "" {
		return e.Details
	}
	return e.Exception.Message
}

// Error makes the record a Go error.
func (e *ErrorRecord) Error() string { return e.Message() }

// CategoryInfo is e.g. "ObjectNotFound: (Get-Foo:String) [], CommandNotFoundException".
func (e *ErrorRecord) CategoryInfo() string {
	target := e.TargetText
	if target == "" {
		target = ":"
		if e.Target != nil {
			target = shorten(toString(e.Target), 40) + ":" + shortType(typeName(e.Target))
		}
	}
	return fmt.Sprintf("%s: (%s) [%s], %s", e.Category, target, e.Activity, shortType(e.Exception.Type))
}

// shorten cuts the middle out of a long text, as CategoryInfo does.
func shorten(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	half := (limit - 3) / 2
	return string(r[:half]) + "..." + string(r[len(r)-half:])
}

func shortType(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

// Position is InvocationInfo.PositionMessage: where, the line, and what of it
// underlined. Long lines are cut around the error.
func (e *ErrorRecord) Position() string {
	if e.Line <= 0 {
		return ""
	}
	source := []rune(strings.ReplaceAll(strings.TrimRight(e.Source, " \t\r\n"), "\t", "    "))
	before := min(max(e.Char-1, 0), len(source))
	length := min(max(e.Length, 1), max(len(source)-before, 1))
	head, tail := "", ""
	const widest = 69 // "+ " before and " ..." after fit a window of 80
	if len(source) > widest {
		prefix, rest := min(before, 12), len(source)-before-length
		suffix := min(max(rest, 0), 8)
		switch {
		case prefix+length >= widest:
			length, suffix = widest-prefix, 0
		case prefix+length+suffix >= widest:
			suffix = widest - prefix - length
		default:
			prefix = min(before, widest-length-suffix)
			suffix = min(max(rest, 0), widest-length-prefix)
		}
		from := before - prefix
		to := min(before+length+suffix, len(source))
		if from > 0 {
			head = "... "
		}
		if to < len(source) {
			tail = " ..."
		}
		source, before = source[from:to], prefix
	}
	return fmt.Sprintf("At line:%d char:%d\r\n+ %s%s%s\r\n+ %s%s", e.Line, e.Char, head, string(source), tail,
		strings.Repeat(" ", len(head)+before), strings.Repeat("~", length))
}

// Lines is the record as the console prints it (NormalView).
func (e *ErrorRecord) Lines() []string {
	message := strings.ReplaceAll(strings.ReplaceAll(e.Message(), "\r\n", "\n"), "\r", "\n")
	var out []string
	if e.Parse {
		if p := e.Position(); p != "" {
			out = append(out, strings.Split(p, "\r\n")...)
		}
		out = append(out, strings.Split(message, "\n")...)
	} else {
		if e.Blame != "" {
			message = e.Blame + " : " + message
		}
		out = append(out, strings.Split(message, "\n")...)
		if p := e.Position(); p != "" {
			out = append(out, strings.Split(p, "\r\n")...)
		}
	}
	return append(out, "    + CategoryInfo          : "+e.CategoryInfo(), "    + FullyQualifiedErrorId : "+e.ID, " ")
}

// The exception types used here.
const (
	runtimeException    = "System.Management.Automation.RuntimeException"
	notFoundException   = "System.Management.Automation.CommandNotFoundException"
	bindingException    = "System.Management.Automation.ParameterBindingException"
	validationException = "System.Management.Automation.ParameterBindingValidationException"
	methodException     = "System.Management.Automation.MethodInvocationException"
	methodMissing       = "System.Management.Automation.RuntimeException"
	argumentException   = "System.ArgumentException"
	notSupportedType    = "System.Management.Automation.PSNotSupportedException"
	parseException      = "System.Management.Automation.ParseException"
	castException       = "System.Management.Automation.RuntimeException" // what a failed cast is reported as
	setException        = "System.Management.Automation.SetValueInvocationException"
	hresultException    = -2146233087 // COR_E_SYSTEM
)

// newError makes a record without a position.
func newError(exception, id, category string, target any, format string, args ...any) *ErrorRecord {
	return &ErrorRecord{Exception: Exception{Type: exception, Message: fmt.Sprintf(format, args...), HResult: hresultException}, ID: id, Category: category, Target: target}
}

// NewError makes a record for a host's cmdlet.
func NewError(exception, id, category string, target any, message string) *ErrorRecord {
	return newError(exception, id, category, target, "%s", message)
}

// runtimeError is the commonest kind.
func runtimeError(id, category, format string, args ...any) *ErrorRecord {
	return newError(runtimeException, id, category, nil, format, args...)
}

// unsupported names a construct that Windows PowerShell has and this subset has not.
func unsupported(what string) *ErrorRecord {
	return newError(notSupportedType, "NotSupported", "NotImplemented", nil, "%s is not supported by this simulated PowerShell.", what)
}

// failure is a terminating error on its way up. A statement-terminating one
// ends its statement only, unless it is caught or $ErrorActionPreference is Stop.
type failure struct {
	rec    *ErrorRecord
	script bool // ends the script
}

func (f *failure) Error() string { return f.rec.Message() }

// flow is a jump: break, continue, return, exit, or a pipeline that has enough.
type flow struct {
	kind  string
	label string
	code  int
	owner any // for "stop": the pipeline that is to stop
}

func (f *flow) Error() string { return f.kind }

// errCanceled is what evaluation returns when the context ends or a limit of
// the whole run is reached; nothing catches it.
var errCanceled = errors.New("powershell: canceled")

// asFailure makes any error one that a script can catch; flow and cancellation stay.
func asFailure(err error) error {
	var f *failure
	var fl *flow
	var rec *ErrorRecord
	switch {
	case err == nil || errors.As(err, &f) || errors.As(err, &fl) || errors.Is(err, errCanceled):
		return err
	case errors.As(err, &rec):
		return &failure{rec: rec}
	}
	return &failure{rec: runtimeError("RuntimeException", "NotSpecified", "%v", err)}
}
