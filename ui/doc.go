// Package ui is the page that `lamina ui` serves: it shows runs, trainings and networks at work in a browser.
//
// [Serve] listens and serves; [Server] is the http.Handler. Assets are plain ES modules and CSS, embedded in the
// binary; the page fetches nothing from elsewhere, and the content security policy says so.
//
// README.md beside this file describes the parts of the page, and how to add a view.
package ui
