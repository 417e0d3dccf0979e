package handlers

import (
	_ "embed"
	"net/http"
)

// openapi describes the API; a test compares it with the routes and with
// real answers.
//
//go:embed openapi.json
var openapi []byte

func (a *App) openAPI(w http.ResponseWriter, r *http.Request) {
	respondTagged(w, r, "application/json", openapi)
}
