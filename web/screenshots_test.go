package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots takes a picture of every page in both themes, desktop and
// phone, for people to look at. It runs for "make screenshots" only.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("LOOKSALIVE_SCREENSHOTS")
	if dir == "" {
		t.Skip("make screenshots says where to put them")
	}
	must(t, os.MkdirAll(dir, 0o755))
	p := startProduct(t)
	waitForPictures(t, p)
	p.inject("node-down", demoCluster, "HV-BER-01")
	p.inject("witness-offline", "EU-SQL-FC01", "")
	p.inject("service-stopped", "EU-SQL-FC01", "SQL-FRA-02")
	type faults struct{ Faults []struct{ ID int64 } }
	eventually(t, "the faults", func() bool { return len(get[faults](p, "/api/v1/faults?open=true").Faults) >= 3 })

	paths := append([]string{"/c/EU-PROD-HCI01/nodes/HV-BER-01", "/no/such/page"}, sitePaths...)
	run := startRun(t, p, "Get-ClusterNode; Write-Warning 'look out'; Write-Error 'it is wrong'; Get-Service ClusSvc, vmms", "HV-FRA-01", "HV-FRA-02")
	paths = append(append(paths, personalPaths...), "/console/runs/"+run, "/sign-in", "/settings/clusters/"+demoCluster+"/edit")
	paths = append(paths, fmt.Sprintf("/faults/%d", get[faults](p, "/api/v1/faults?open=true").Faults[0].ID))
	b := newBrowser(t)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
			b.size(size[0], size[1])
			for _, path := range paths {
				b.open(p.url + path)
				b.until("the page", `document.readyState === "complete" && document.fonts.status === "loaded"`)
				b.until("the first live message", `/such.page|settings|console|account|sign-in/.test(location.pathname) || document.body.innerText.includes("Live") || `+
					`document.querySelector("[data-live-state=live]") !== null`)
				png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
				must(t, err)
				name := strings.Trim(strings.ReplaceAll(path, "/", "_"), "_")
				if name == "" {
					name = "overview"
				}
				must(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, scheme, size[0])), png, 0o644))
			}
		}
	}
}
