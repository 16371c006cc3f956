// Swagger UI is dark where its root says so: by the switch of the pages, else as the system is.
{
  const root = document.documentElement;
  const night = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : night.matches);
  night.addEventListener("change", follow);
  follow();
}
