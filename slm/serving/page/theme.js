// Light and dark: as the system says, until the person chooses.

const CHOICE = "slm theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function startTheme(button) {
  apply(localStorage.getItem(CHOICE), button);
  button.addEventListener("click", () => {
    const theme = shown() === "dark" ? "light" : "dark";
    localStorage.setItem(CHOICE, theme);
    apply(theme, button);
  });
  system.addEventListener("change", () => apply(localStorage.getItem(CHOICE), button));
}

function shown() {
  return document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light");
}

function apply(theme, button) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const other = shown() === "dark" ? "Light" : "Dark";
  button.textContent = other;
  button.setAttribute("aria-label", `${other} colours`);
}
