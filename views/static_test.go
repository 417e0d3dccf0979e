package views

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"looksalive/static"
)

func readAsset(t testing.TB, name string) string {
	t.Helper()
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, static.URL(name), nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d", name, w.Code)
	}
	return w.Body.String()
}
