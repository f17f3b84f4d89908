"""What Python programs load at their start that `cloudlet exec` runs, or a function: see cloudlet_names.py."""


def lead():
    import sys

    class Loaded:
        """A finder that asks the others for a module, and adds a step to its loading."""

        waiting = {"socket", "ssl"}

        def find_spec(self, name, path=None, target=None):
            if name not in self.waiting:
                return None
            self.waiting.discard(name)
            if not self.waiting:
                sys.meta_path.remove(self)
            found = (finder.find_spec(name, path, target) for finder in list(sys.meta_path)
                     if finder is not self and hasattr(finder, "find_spec"))
            spec = next((spec for spec in found if spec is not None), None)
            if spec is None or spec.loader is None:
                return spec
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                names().steps[name](module)

            spec.loader.exec_module = exec_module
            return spec

    def names():
        import cloudlet_names
        import json
        import os

        def read():
            text = os.environ.get("CLOUDLET_NAMES")
            if text is None:  # In a function.
                with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "names.json")) as file:
                    text = file.read()
            return json.loads(text)

        cloudlet_names.read = read
        return cloudlet_names

    loader = Loaded()
    sys.meta_path.insert(0, loader)
    for name in [name for name in loader.waiting if name in sys.modules]:
        loader.waiting.discard(name)
        names().steps[name](sys.modules[name])


def go_on():
    """The environment's own module of this name, which this one stands before."""
    import importlib.machinery
    import importlib.util
    import os
    import sys

    here = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


lead()
go_on()
