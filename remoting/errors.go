package remoting

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// What can go wrong between us and a node, apart from what net and crypto report.
var (
	errPassword    = errors.New("user name or password rejected")
	errHeldBack    = errors.New("the password was rejected elsewhere")
	errSignedOut   = errors.New("the node rejected a request on a connection that is signed in")
	errForbidden   = errors.New("access to WinRM denied")
	errNoNegotiate = errors.New("the node does not offer Negotiate sign-in")
	errNoBasic     = errors.New("the node does not offer Basic sign-in")
	errWeak        = errors.New("the node does not agree to NTLMv2 with signing, sealing and 128 bit keys")
	errPlain       = errors.New("the node sent an unencrypted answer to an encrypted request")
	errBadAnswer   = errors.New("the answer is not understood")
	errTooLarge    = errors.New("the answer is too large")
	errEnded       = errors.New("powershell.exe on the node ended")
	errClosed      = errors.New("the session was closed")
	errLane        = errors.New("the connection broke")
	errNoAnswer    = errors.New("no answer in time")
	errCanceled    = errors.New("given up")
	errQueued      = errors.New("other sessions are opened first")
	errRemoved     = errors.New("the node is no longer asked")
	errChanged     = errors.New("the node's settings were changed")
)

// unsent is an error before anything of the request went out.
type unsent struct{ error }

func (u unsent) Unwrap() error { return u.error }

// ctxError says in our words why a context ended.
func ctxError(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return errCanceled
	}
	return errNoAnswer
}

// fault is a SOAP fault. Texts of faults are localised: only numbers are matched.
type fault struct {
	Code    uint32 // WSManFault Code, 0 if there is none
	Subcode string // local name, e.g. TimedOut
	Reason  string
}

func (f *fault) Error() string {
	return "WS-Management fault " + strconv.FormatUint(uint64(f.Code), 10) + " (" + f.Subcode + ")"
}

// Codes of WSManFault, recorded from Windows.
const (
	faultTimedOut   = 2150858793 // nothing to receive within OperationTimeout
	faultShellGone  = 2150858843 // no such shell or command
	faultQuota      = 2150859173 // too many shells of this user
	faultOperations = 2150859174 // too many operations of this user
	faultNoProgram  = 2147942402 // powershell.exe not found
	faultDenied     = 5
	faultBusy       = 170
)

// statusError is an HTTP status that carries no SOAP.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("HTTP status %d", int(s)) }

// scriptError is an err frame: PowerShell's own error record.
type scriptError struct {
	Message, Type, ID, Position string
	HResult                     int64
}

func (e *scriptError) Error() string { return e.Type + ": " + e.Message }
