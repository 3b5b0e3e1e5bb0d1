package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/ui"
)

func newUI() *cobra.Command {
	var c ui.Config
	var addr string
	var noBrowser bool
	cmd := &cobra.Command{
		Use:   "ui [MODEL...]",
		Short: "Open a page that shows runs, trainings and networks at work",
		Long: `Serve a page that shows networks at work: a playground, optimizers on a loss surface, the runs and searches in a folder.
The page comes from this program alone; it needs no network.

MODEL is a folder of a BERT, GPT-2, Llama, Qwen, T5 or ViT as Hugging Face stores it, or a GGUF file: the page shows its attention.

Only this computer can open it. With another address than localhost's, such as --addr :6006, others can too, if
they have the token that is printed.`,
		Example: `  lamina ui
  lamina ui --addr localhost:8080 --runs runs --no-browser
  lamina ui all-MiniLM-L6-v2`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkRuns(cmd, c.Runs); err != nil {
				return err
			}
			for _, dir := range args {
				if folder := folderOfRuns(dir); folder != "" {
					return message.Usagef("%s is no model; its runs are on the page of: %s", dir,
						message.CommandLine("ui", "--runs", message.PathArgument(folder)))
				}
				if err := ui.CheckModel(dir); err != nil {
					return err
				}
			}
			graceful.Store(true) // it removes temporary files of the test data
			c.Models, c.Tasks = args, tasks()
			c.Log = cmd.ErrOrStderr()
			removeForward := func() {}
			ready := func(url string) {
				fmt.Fprintf(cmd.OutOrStdout(), "The page: %s\nCtrl-C ends it.\n", url)
				if !noBrowser {
					removeForward = openPage(url)
				}
			}
			defer func() { removeForward() }()
			if err := ui.Serve(cmd.Context(), addr, c, ready); err != nil && !errors.Is(err, context.Canceled) {
				return message.Advise(err, "Choose another address with --addr, such as --addr localhost:0 for any free port.")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "localhost:6006", "address and port to listen on")
	cmd.Flags().StringVar(&c.Runs, "runs", "runs", "folder of the runs")
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "do not open a browser")
	return cmd
}

// folderOfRuns returns the folder of the runs that a folder belongs to: the one around a run, the folder itself if it
// holds runs, else "".
func folderOfRuns(dir string) string {
	if _, err := runs.Open(dir); err == nil {
		return filepath.Dir(filepath.Clean(dir))
	}
	if firstRun(dir) != "" {
		return dir
	}
	return ""
}

// checkRuns returns an error if --runs names a file or a run, and warns if there is no such folder yet.
func checkRuns(cmd *cobra.Command, folder string) error {
	info, err := os.Stat(folder)
	switch {
	case !cmd.Flags().Changed("runs"):
	case err != nil:
		fmt.Fprintf(cmd.ErrOrStderr(), "lamina: there is no folder %q yet: the page shows its runs when there are some\n", folder)
	case !info.IsDir():
		return message.Usagef("--runs %s: it is a file, want a folder of runs", folder)
	case folderOfRuns(folder) != "" && folderOfRuns(folder) != folder:
		return message.Usagef("--runs %s: it is a run, want the folder around it: --runs %s", folder, folderOfRuns(folder))
	}
	return nil
}

// openPage opens the page in the user's browser, if there is one; the address is printed in any case. Call remove in the
// end. All users of a computer see the command lines of its programs, so an address with a token is not on the browser's: that
// has a file, which only this user can read and which forwards to the address.
func openPage(url string) (remove func()) {
	if !strings.Contains(url, "?") {
		openBrowser(url)
		return func() {}
	}
	f, err := os.CreateTemp("", "lamina-ui-*.html") // with mode 0600
	if err != nil {
		return func() {}
	}
	address := html.EscapeString(url)
	_, err = fmt.Fprintf(f, "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n<a href=\"%s\">lamina ui</a>\n", address, address)
	if errors.Join(err, f.Close()) == nil {
		openBrowser(f.Name())
	}
	return func() { os.Remove(f.Name()) }
}

// openBrowser opens an address or a file in the user's browser.
func openBrowser(url string) {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	browser := exec.Command(name, args...)
	if browser.Start() == nil {
		go browser.Wait()
	}
}
