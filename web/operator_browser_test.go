package main

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// An operator runs a saved script with a parameter, is told what he may not, and
// acknowledges a fault; the audit log has it all.
func TestJourneyOfAnOperator(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	defer p.inject("node-down", demoCluster, demoNode)()
	if code := addAccount(t, p.url, "olaf", "operator"); code != http.StatusCreated {
		t.Fatalf("adding an account: status %d", code)
	}
	b := newBrowser(t)
	b.stranger = true
	b.open(p.url + "/sign-in")
	b.fill("f-user", "olaf")
	b.fill("f-password", testerPassword)
	b.submit()
	b.until("the overview", `location.pathname === "/"`)

	b.open(p.url + "/console/scripts/" + url.PathEscape("Can a node reach a port"))
	b.fill("p-computername", "HV-FRA-02")
	b.fill("p-port", "445")
	eval[bool](b, fmt.Sprintf(`(() => { document.querySelector('input[name=target][value="%s/HV-FRA-01"]').click(); return true })()`, demoCluster))
	b.runs()
	b.output("TcpTestSucceeded")
	b.output("True")
	b.runEnds("done")

	b.open(p.url + "/console?" + url.Values{"script": {"Get-Date"}, "target": {demoCluster + "/HV-FRA-01"}}.Encode())
	b.until("that typing needs another role", `/needs the role administrator/.test(document.querySelector("[data-refused]")?.textContent ?? document.body.textContent)`)

	type faults struct {
		Faults []struct {
			ID   int64
			Kind string
		}
	}
	var id int64
	eventually(t, "the fault", func() bool {
		for _, f := range get[faults](p, "/api/v1/faults?open=true").Faults {
			if f.Kind == "node-down" {
				id = f.ID
			}
		}
		return id != 0
	})
	b.open(fmt.Sprintf("%s/faults/%d", p.url, id))
	b.until("the button", `!!document.querySelector('[data-do="acknowledge"]')`)
	eval[bool](b, `(() => { document.querySelector('[data-do="acknowledge"]').click(); return true })()`)
	b.until("who has seen it", `/olaf/.test(document.querySelector("main").textContent) && !!document.querySelector('[data-do="unacknowledge"]')`)
	b.open(p.url + "/faults")
	b.until("the tag in the list", `/seen by\s+olaf/i.test(document.body.innerText)`)
	b.quiet("an operator's night")

	audit := getFrom[struct {
		Lines []struct{ Who, Action string }
	}](t, p.url+"/api/v1/audit?who=olaf")
	got := map[string]bool{}
	for _, l := range audit.Lines {
		got[l.Action] = true
	}
	for _, want := range []string{"sign-in", "run.started", "run.ended", "fault.acknowledged"} {
		if !got[want] {
			t.Errorf("the audit log of olaf lacks %s: %v", want, got)
		}
	}
}
