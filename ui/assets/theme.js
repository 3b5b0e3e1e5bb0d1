// Sets the theme before the first paint. It is no module, because modules run after that.
try {
  const theme = localStorage.getItem("lamina.theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
} catch { /* storage is forbidden: the system's theme stays */ }
