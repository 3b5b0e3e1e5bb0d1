//go:build clients

package ui

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/lamina-ml/lamina/internal/clients"
)

// TestClients opens the shell and each view in headless Chromium, and uses the views before they are ready: in both
// languages, both themes and two widths. Each time testdata/clients/NAME.mjs uses the view, and axe-core looks for
// faults. LAMINA_NODE names the folder whose node_modules has playwright-core and axe-core; LAMINA_SHOTS a folder for
// screenshots; LAMINA_CHROMIUM a browser other than PATH's.
func TestClients(t *testing.T) {
	clients.Node(t)
	browser := os.Getenv("LAMINA_CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if browser == "" {
			browser, _ = exec.LookPath(name)
		}
	}
	if browser == "" {
		t.Fatal("no chromium: install one, or name it by LAMINA_CHROMIUM")
	}
	names := []string{"shell", "early"}
	for _, v := range views {
		names = append(names, v.name)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			_, url := serving(t, clientConfig(t))
			cmd := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "clients", "harness.mjs"), url, name)
			cmd.Env = append(os.Environ(), "LAMINA_CHROMIUM="+browser)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			} else {
				t.Logf("%s", out)
			}
		})
	}
}

// clientConfig returns the settings of the server that the browser sees.
func clientConfig(t *testing.T) Config {
	c := withRuns(t)
	c.Models = []string{vitFolder(t)}
	return c
}
