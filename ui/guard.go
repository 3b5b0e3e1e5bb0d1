package ui

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
)

// policy lets the page load its own assets and nothing else. Pictures may also come from canvases (blob: and data:).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guarded returns h behind the checks that keep others out:
//
//   - The host that a request names must be this server's. A site whose name was rebound to 127.0.0.1 names itself.
//   - A browser's request on behalf of another site is refused.
//   - If the server has a token, a request must carry it: as the page's cookie, as ?token= in the address, which sets the
//     cookie, or as "Authorization: Bearer TOKEN".
func (s *Server) guarded(h http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { refuseSite(w) }))
	h = crossOrigin.Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		if !s.knowsHost(r.Host) {
			http.Error(w, fmt.Sprintf("lamina ui: this server is not %s; open the address that lamina ui printed",
				strings.ToValidUTF8(r.Host, "?")), http.StatusForbidden)
			return
		}
		site := r.Header.Get("Sec-Fetch-Site")
		if (site == "cross-site" || site == "same-site") && strings.HasPrefix(r.URL.Path, "/api/") {
			refuseSite(w) // also of GETs, which the cross-origin protection lets pass
			return
		}
		if s.config.Token != "" && !s.admit(w, r) {
			return
		}
		h.ServeHTTP(w, r)
	})
}

func refuseSite(w http.ResponseWriter) {
	http.Error(w, "lamina ui: the request comes from another site", http.StatusForbidden)
}

// knowsHost reports whether host, with or without a port, is a name of this server. Addresses are accepted if a token
// is asked for: no site can be named by an address that it does not have.
func (s *Server) knowsHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.ToLower(strings.Trim(name, "[]")), ".")
	is := func(host string) bool { return strings.EqualFold(host, name) }
	if name == "localhost" || slices.ContainsFunc(s.config.Hosts, is) {
		return true
	}
	if ip := net.ParseIP(name); ip != nil {
		return ip.IsLoopback() || s.config.Token != ""
	}
	return s.config.Token != "" && is(hostname())
}

// admit reports whether r carries the token. If not, or if the token is in the address, it has answered.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	sum := sha256.Sum256([]byte(s.config.Token))
	cookie := "lamina_" + hex.EncodeToString(sum[:4]) // servers of one host with other tokens have other cookies
	equal := func(token string) bool {
		return subtle.ConstantTimeCompare([]byte(token), []byte(s.config.Token)) == 1
	}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && equal(bearer) {
		return true
	}
	if c, err := r.Cookie(cookie); err == nil && equal(c.Value) {
		return true
	}
	if r.Method == http.MethodGet && r.URL.Path == "/" && equal(r.URL.Query().Get("token")) {
		http.SetCookie(w, &http.Cookie{Name: cookie, Value: s.config.Token, Path: "/", HttpOnly: true,
			SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
		http.Redirect(w, r, "/", http.StatusSeeOther) // the token leaves the address bar; the browser keeps the #… part
		return false
	}
	http.Error(w, "lamina ui: this page needs its token; open the address that lamina ui printed", http.StatusUnauthorized)
	return false
}

// hostname returns the name of this machine, or "".
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
