package handlers

import (
	"context"
	"errors"
	"net/http"

	"looksalive/cluster"
)

// HTTPError is an error with two sides: Code and Msg are shown to whoever
// asked, Err is only logged.
type HTTPError struct {
	Code int    // HTTP status
	Msg  string // for people, one sentence, nothing internal
	Err  error  // may be nil
}

func (e *HTTPError) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.Err.Error()
}

func (e *HTTPError) Unwrap() error { return e.Err }

// statusClientClosed is nginx's 499, for the log: nobody is there to read the answer.
const statusClientClosed = 499

// asHTTP is the one place where an error becomes a status and a sentence.
func asHTTP(err error) *HTTPError {
	var h *HTTPError
	switch {
	case errors.As(err, &h):
		return h
	case errors.Is(err, cluster.ErrNotFound):
		return &HTTPError{http.StatusNotFound, "There is nothing here by that name. It may have been renamed or removed.", err}
	case errors.Is(err, cluster.ErrDenied):
		return &HTTPError{http.StatusForbidden, "You do not have the rights for this.", err}
	case errors.Is(err, cluster.ErrExists):
		return &HTTPError{http.StatusConflict, "There is something of that name already.", err}
	case errors.Is(err, cluster.ErrFixed):
		return &HTTPError{http.StatusConflict, "This comes from the configuration and cannot be changed here.", err}
	case errors.Is(err, cluster.ErrResolved):
		return &HTTPError{http.StatusConflict, "This fault is resolved already. If it comes back, that is another one.", err}
	case errors.As(err, new(cluster.Problems)):
		return &HTTPError{http.StatusUnprocessableEntity, "What was entered cannot be used as it is.", err}
	case errors.Is(err, context.Canceled):
		return &HTTPError{statusClientClosed, "The request was cancelled.", err}
	case errors.Is(err, context.DeadlineExceeded):
		return &HTTPError{http.StatusGatewayTimeout, "This took too long. Please try again.", err}
	default:
		return &HTTPError{http.StatusInternalServerError, "Something went wrong on our side. The log of the server says what.", err}
	}
}

func badRequest(msg string) error { return &HTTPError{Code: http.StatusBadRequest, Msg: msg} }

var (
	errNoRoute  = &HTTPError{Code: http.StatusNotFound, Msg: "There is no such page."}
	errMethod   = &HTTPError{Code: http.StatusMethodNotAllowed, Msg: "This address can only be read."}
	errOnlySent = &HTTPError{Code: http.StatusMethodNotAllowed, Msg: "This address does what a button on another page asks for. It cannot be opened or used in this way."}
	errPanicked = &HTTPError{Code: http.StatusInternalServerError, Msg: "Something went wrong on our side. The log of the server says what."}
)

// statusTitle names a status in words, also where net/http has none.
func statusTitle(code int) string {
	if t := http.StatusText(code); t != "" {
		return t
	}
	return "Error"
}
