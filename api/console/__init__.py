"""The console: pages for people, on the same application, questions and problems as the HTTP
interface. A page asks the function of the route, and shows what that route would have answered."""
